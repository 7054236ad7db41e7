// The one playhead of the page, its keys, and how it stands in the address after the #, as in #step=3&unit=1:
// so reloads, copied links and Back keep it. What it is, is in playhead_state.js.

import { keepInAddress, namedIn, openedAddress, writeKept } from "./history.js"
import { freeKey, keyAlone } from "./keys.js"
import { isPresented } from "./present.js"
import "./shortcuts.js" // a key that is on a button is the button's
import { Playhead } from "./playhead_state.js"

const ADDRESS_REST = 100 // ms without a change before the address is written: browsers limit its writes

let writing = null

function writeSoon() {
  clearTimeout(writing)
  writing = setTimeout(writeKept, ADDRESS_REST)
}

export const playhead = new Playhead(writeSoon)

keepInAddress((named) => playhead.noted(named))

window.addEventListener("popstate", () => playhead.read(namedIn(location.href)))

playhead.read(namedIn(openedAddress()))

function go(change) {
  playhead.pause()
  playhead.by(change)
}

const KEYS = { ArrowLeft: () => go(-1), ArrowRight: () => go(1), " ": () => playhead.play() }

// A presenter's clicker sends these. Where the page is not presented, they scroll.
const CLICKER = { PageUp: KEYS.ArrowLeft, PageDown: KEYS.ArrowRight }

// Captures these keys before the page's widgets, which do not get one that moves the playhead.
window.addEventListener(
  "keydown",
  (event) => {
    const wanted = (isPresented() && CLICKER[keyAlone(event)]) || KEYS[freeKey(event, isPresented())]
    if (!wanted || !playhead.steps) return
    event.preventDefault()
    event.stopImmediatePropagation()
    wanted()
  },
  true
)
