// Which key was pressed, and whether it is the page's: all modules ask here.

// What letters are typed into, to write or to find an entry. Switches, options and sliders are inputs
// too, but nobody types into them.
const TYPED = [
  "input:not([type=checkbox], [type=radio], [type=range])",
  "textarea, select, canvas, [contenteditable=true]", // a grid of numbers is a canvas
  "[role=listbox], [role=menu], [role=grid]",
].join()

// What uses these keys itself while it has the focus.
const USED = new Set(["ArrowLeft", "ArrowRight", " ", "Enter"])
const OWNERS = [
  "input, textarea, select, button, a, summary, canvas, audio, video, [contenteditable=true]",
  ...["tab", "slider", "button", "link", "listbox", "menu", "grid", "dialog"].map((role) => `[role=${role}]`),
].join()

// Whether the element with the focus was reached by the keyboard. A mouse leaves it on what was clicked
// last, where the visitor no longer looks: there Space flips no switch again.
let tabbed = false
window.addEventListener("pointerdown", () => (tabbed = false), true)
window.addEventListener("keydown", ({ key }) => (tabbed ||= key === "Tab"), true)

const CHARACTERS = { Space: " ", Comma: ",", Period: "." } // by the place of their key

// The character on a key, in lower case, or its name, as in "f", "," and "ArrowLeft".
//
// The character counts where it is on a Latin keyboard, as letters have other places on a French one. Any
// other, such as the "ㄹ" of Hangul mode, or "Process" while an input method is at work, stands for the
// letter at the same place of an English keyboard: that is printed on the key, too.
function keyOf({ key = "", code = "" }) {
  if (/^[ -~]$/.test(key)) return key.toLowerCase()
  if (key.length > 1 && !["Process", "Dead", "Unidentified"].includes(key)) return key
  return CHARACTERS[code] ?? code.replace(/^Key([A-Z])$/, (_, letter) => letter.toLowerCase())
}

// The key that was pressed alone; nothing where it is part of a combination or of a syllable.
export function keyAlone(event) {
  const combined = event.ctrlKey || event.metaKey || event.altKey || event.shiftKey
  return combined || event.isComposing ? "" : keyOf(event)
}

// The key that was pressed alone, unless it is typed into something.
export const plainKey = (event) => (event.target.closest?.(TYPED) ? "" : keyAlone(event))

// As plainKey, unless what has the focus uses this key itself. In front of a class that is only what was
// reached by the keyboard, and a box that lies over the page.
export function freeKey(event, inClass) {
  const key = plainKey(event)
  const owners = inClass && !tabbed ? "[role=dialog]" : OWNERS
  return USED.has(key) && event.target.closest?.(owners) ? "" : key
}
