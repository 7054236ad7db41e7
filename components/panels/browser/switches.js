// The keys that set a page while it is presented, and its settings are out of sight. Each stands on a button at the
// window's lower edge (frame.py), which presses the page's own widget: nothing is kept here.

export const SWITCH = "[role=switch]"

const BUTTON = "[data-sets]"
const CONTROL = `input[type=range], [role=radio], ${SWITCH}`
const root = document.documentElement

// The switch whose label ends in its key, as in "Pass them (X)".
export function switchedBy(key) {
  const switches = [...document.querySelectorAll(`${SWITCH}:enabled`)]
  return switches.find(({ ariaLabel }) => ariaLabel.endsWith(`(${key})`))
}

// Those of the sidebar, or the page's own switch.
function controlsOf({ dataset }) {
  if (dataset.sets) return [...document.querySelectorAll(`.stSidebar .st-key-${dataset.sets} :is(${CONTROL})`)]
  const own = switchedBy("X")
  return own ? [own] : []
}

function press(button) {
  const controls = controlsOf(button)
  const chosen = controls.findIndex(({ ariaChecked }) => ariaChecked === "true")
  if (button.dataset.by) controls[0].dispatchEvent(new KeyboardEvent("keydown", { key: button.dataset.by, bubbles: true }))
  else controls[(chosen + 1) % controls.length].click()
}

// Names a page's own switch on its button.
function name(button, { ariaLabel }) {
  const label = button.lastElementChild
  const said = ariaLabel.replace("(X)", "").replaceAll("`", "").trim()
  if (label.textContent !== said) label.textContent = said
}

// Shows the buttons whose widgets the page has, and can be used there; and the line that they stand in, if anything is
// on it.
export function showSwitches() {
  const buttons = [...document.querySelectorAll(BUTTON)]
  for (const button of buttons) {
    const [control] = controlsOf(button)
    button.hidden = !control || control.disabled || Boolean(button.dataset.by) !== control.matches("[type=range]")
    if (!button.hidden && !button.dataset.sets) name(button, control)
  }
  const leadsBack = root.hasAttribute("data-leads") && root.dataset.page !== "room"
  const isKeyed = leadsBack || buttons.some(({ hidden }) => !hidden)
  if (isKeyed === root.hasAttribute("data-keyed")) return
  root.toggleAttribute("data-keyed", isKeyed)
  window.dispatchEvent(new Event("resize")) // charts take the height that is left
}

document.addEventListener("click", ({ target }) => {
  const button = target.closest?.(BUTTON)
  if (button) press(button)
})
