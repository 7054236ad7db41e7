// A key presses the button or the link on which it stands: Python's `shortcut=` has it written there. A switch has it
// at the end of its label, as in "Pass them (X)".
//
// Streamlit's own handler never gets such a key. It would pass it over while a switch or a slider has the
// focus, and Space and Enter while an input method is at work; and it takes a key that is held for many.

import { freeKey } from "./keys.js"
import "./letters.js" // hears each key before
import { SWITCH, switchedBy } from "./switches.js"

const NEXT_MOVE = ".st-key-room_moves button[kind=primary]" // a room's likeliest move has Enter beside its own key

// While one of these is open, it lies over the buttons, which are not what a key is meant for.
const BOXES = ":popover-open, [data-testid=stPopoverBody]"

const written = (key) => (key === " " ? "Space" : key.length === 1 ? key.toUpperCase() : key)

function pressedBy(key) {
  const signs = [...document.querySelectorAll("button:enabled kbd, a kbd")]
  const found = signs.filter(({ textContent }) => textContent === written(key)).map((sign) => sign.closest("button, a"))
  const shown = found.find((each) => each.getClientRects().length > 0)
  return shown ?? (key === "Enter" ? document.querySelector(NEXT_MOVE) : switchedBy(written(key)))
}

window.addEventListener(
  "keydown",
  (event) => {
    const key = freeKey(event, true)
    const button = key && !document.querySelector(BOXES) && pressedBy(key)
    if (!button) return
    event.preventDefault()
    event.stopImmediatePropagation()
    if (event.repeat) return
    const isBelow = button.getBoundingClientRect().bottom > innerHeight
    if (isBelow && !button.matches(SWITCH)) button.scrollIntoView() // what it uncovers comes there
    button.click()
  },
  true
)
