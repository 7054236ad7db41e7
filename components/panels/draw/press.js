// A click or a tap on a chart, which holds the step under it: told from a zoom and from scrolling.

const AFTER_TAP = 1000 // ms in which the events of a mouse that follow a tap have come
const SLOP = 6 // px that the pointer may move in a click; if it moves further, it zooms or scrolls
const NO_STEP = ".modebar, .legend" // a click on these does not choose a step

// The press of the primary button, or of a finger, that may become a click. The window listens for its
// end, as Plotly covers the page while a button is down.
let pressed = null

// The last tap of a finger: where, and on what. After it the browser sends events of a mouse, the last of
// which hides Plotly's label. It is shown again, and stays until the next touch.
let tapped = null

// Takes the beginning of a press on a chart, whose `hold` is called if it becomes a click.
export function press(chart, event) {
  pressed = event.isPrimary && event.button === 0 && !event.target.closest(NO_STEP) ? { chart, event } : null
}

window.addEventListener("pointerup", (event) => {
  const { chart, event: start } = pressed ?? {}
  const before = tapped
  pressed = tapped = null
  before?.target.dispatchEvent(new MouseEvent("mouseout", { bubbles: true }))
  if (!chart || event.pointerId !== start.pointerId) return
  if (Math.hypot(event.clientX - start.clientX, event.clientY - start.clientY) > SLOP) return
  chart.hold(event)
  if (event.pointerType !== "touch") return
  const { clientX, clientY, timeStamp } = event
  tapped = { target: start.target, place: { clientX, clientY }, at: timeStamp }
  setTimeout(showLabel) // once Plotly has let go
})
window.addEventListener("pointercancel", () => (pressed = null))

window.addEventListener("mouseout", ({ target, isTrusted, timeStamp }) => {
  if (isTrusted && target === tapped?.target && timeStamp - tapped.at < AFTER_TAP) setTimeout(showLabel)
})

// Has Plotly show its label at the tap, as it does under a mouse; a finger alone shows none.
function showLabel() {
  tapped?.target.dispatchEvent(new MouseEvent("mousemove", { bubbles: true, ...tapped.place }))
}
