// A room's moves fade in. Until then a button presses nothing, and nor does any within as long after another:
// a second press of a key or of the mouse was meant for the button that was there before, and would jump over
// what the first one has shown, or is about to show.

const MOVES = ".st-key-room_moves button"
const SEE = ".st-key-room_moves a"
const FADE = 1000 // ms, longer than between two presses of somebody who is not sure of the first

const fades = new WeakMap() // by button
let pressed = -FADE // when a move was last pressed

function fadeIn() {
  for (const button of document.querySelectorAll(MOVES)) {
    if (!fades.has(button)) fades.set(button, button.animate({ opacity: [0.3, 1] }, FADE))
  }
}

window.addEventListener(
  "click",
  (event) => {
    const link = event.target.closest?.(SEE)
    if (link) link.target = "_self" // from there a key leads back
    const button = event.target.closest?.(MOVES)
    if (!button) return
    const isEarly = fades.get(button)?.playState === "running" || event.timeStamp < pressed + FADE
    if (isEarly) event.stopImmediatePropagation()
    else pressed = event.timeStamp
  },
  true
)

const watching = new MutationObserver(fadeIn)

// Has all moves fade in that are shown from now on, until the element is gone; returns what ends that then.
export function watchMoves(element) {
  fadeIn()
  watching.observe(document.body, { childList: true, subtree: true })
  // Streamlit also calls this for a call that a later one has overtaken, while the element is still shown.
  return () => element.isConnected || watching.disconnect()
}
