// Marks what present.css places by what is in it. A selector of what is within an element could say
// that, but for it the browser would look at much of the page at each of its changes, presented or not.

import { showSwitches } from "./switches.js"

// The charts that are a page's picture: those of a room stand below its words, the curves of a gate below what it does.
export const PICTURE = ".rnn-chart:not([class*=st-key-room_flow] *, .st-key-activations *)"

const MARKS = {
  titled: "h1",
  pictured: `${PICTURE}, .rnn-cases`,
  listed: ".stSelectbox",
  covered: ".st-key-uncover",
  asked: ".rnn-room, .rnn-summary",
}

// Gives all elements round one of these the attribute of its mark, such as data-pictured.
function markAll() {
  for (const [name, within] of Object.entries(MARKS)) {
    const round = new Set()
    for (const found of document.querySelectorAll(within)) {
      for (let each = found.parentElement; each; each = each.parentElement) round.add(each)
    }
    for (const marked of document.querySelectorAll(`[data-${name}]`)) {
      if (!round.has(marked)) delete marked.dataset[name]
    }
    for (const each of round) each.dataset[name] ??= ""
  }
  showSwitches()
}

const marker = new MutationObserver(markAll)

// Begins to keep the marks up to date, or ends it.
export function mark(on) {
  marker.disconnect()
  if (!on) return
  markAll()
  marker.observe(document.body, { childList: true, subtree: true })
}
