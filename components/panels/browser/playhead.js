// The one playhead of the page, its keys, and how it stands in the address after the #, as in #step=3&unit=1:
// so reloads, copied links and Back keep it. What it is, is in playhead_state.js.

import { keepInAddress, namedIn, openedAddress, writeKept } from "./history.js"
import { freeKey, keyAlone } from "./keys.js"
import { PICTURE } from "./marks.js"
import { isPresented } from "./present.js"
import "./shortcuts.js" // a key that is on a button is the button's
import { Playhead } from "./playhead_state.js"

const SCREEN = 0.9 // of the window's height, by which a page is scrolled
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

// Goes to the next step or the one before. After the last one, and while no chart of steps is in sight, goes to what
// stands below the page's picture, or back to it.
function turn(change) {
  const boxes = [...playhead.watchers].filter(({ steps, box }) => steps && box).map(({ box }) => box)
  const picture = document.querySelector(PICTURE) // a room has none
  const isOver = playhead.atEnd() && (change > 0 || (picture && !isInSight(picture)))
  if (boxes.some(isInSight) && !isOver) go(change)
  else document.querySelector(".stMain")?.scrollBy(0, change * SCREEN * innerHeight)
}

// Whether the middle of an element is in the window.
function isInSight(element) {
  const { top, bottom } = element.getBoundingClientRect()
  return top + bottom > 0 && top + bottom < 2 * innerHeight
}

const KEYS = { ArrowLeft: () => go(-1), ArrowRight: () => go(1), " ": () => playhead.play() }

// A presenter's clicker sends these. Where the page is not presented, they scroll.
const CLICKER = { PageUp: () => turn(-1), PageDown: () => turn(1) }

// Captures these keys before the page's widgets, which do not get one that moves the playhead.
window.addEventListener(
  "keydown",
  (event) => {
    const clicked = isPresented() && CLICKER[keyAlone(event)]
    const wanted = clicked || (playhead.steps && KEYS[freeKey(event, isPresented())])
    if (!wanted) return
    event.preventDefault()
    event.stopImmediatePropagation()
    wanted()
  },
  true
)
