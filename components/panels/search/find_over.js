// A field that finds entries, on a page that does not list them: the best ones lie over the page as links, below one that
// has the server read what is typed, if it can. The arrow keys go through them, Enter follows one, Escape closes the
// list. "/" goes to the field, on any page that has one.
//
// The field is a part of the page's HTML. It is listened to once it has the focus, and until then costs nothing.

import { keyAlone, plainKey } from "../browser/keys.js"
import { READ, SENT } from "./read.js"
import { linkTo, look, searched } from "./searched.js"

const FIELD = ".rnn-find input"
const known = new WeakSet()

// The option that has the server read what is in the field.
function reader(field, label) {
  const made = Object.assign(document.createElement("a"), { textContent: label })
  made.addEventListener("click", () => field.dispatchEvent(new Event(READ, { bubbles: true })))
  return made
}

function listen(field, box) {
  const { index, besides, none, ...labels } = box.dataset
  const [list, said] = ["[role=listbox]", "[role=status]"].map((part) => box.querySelector(part))
  let chosen = -1
  let isSent = false // whether what is typed went to the server, whose answer stands where the list would lie
  const choose = (at) => {
    chosen = at
    for (const [place, each] of [...list.children].entries()) each.setAttribute("aria-selected", place === at)
    if (at < 0) field.removeAttribute("aria-activedescendant")
    else field.setAttribute("aria-activedescendant", list.children[at].id)
  }
  const open = (isOpen) => {
    list.hidden = !isOpen || !list.children.length
    field.setAttribute("aria-expanded", !list.hidden)
    choose(-1)
  }
  const show = (names, entries, readAs) => {
    if (isSent) return
    const links = (names ?? []).map((name) => linkTo(entries.get(name), besides))
    const options = readAs ? [reader(field, labels[readAs]), ...links] : links
    for (const [at, each] of options.entries()) Object.assign(each, { id: `rnn-found-${at}`, tabIndex: -1, role: "option" })
    list.replaceChildren(...options)
    open(true)
    said.textContent = names && !options.length ? none : ""
  }
  const move = (by) => {
    const { length } = list.children
    if (list.hidden) open(true)
    else if (length) choose(chosen < 0 && by < 0 ? length - 1 : (chosen + by + length) % length)
  }
  const does = {
    Escape: () => open(false),
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    Enter: () => list.hidden || list.children[Math.max(0, chosen)].click(),
  }
  field.addEventListener("input", () => {
    isSent = false
    look(field, index, show)
  })
  field.addEventListener(SENT, () => {
    show(null)
    isSent = true
  })
  field.addEventListener("focus", () => open(true))
  box.addEventListener("focusout", ({ relatedTarget }) => box.contains(relatedTarget) || open(false))
  field.addEventListener("keydown", (event) => {
    const act = does[keyAlone(event)]
    if (!act) return
    act()
    event.preventDefault()
    event.stopPropagation()
  })
}

// Listens to a field that has the focus for the first time. Returns whether it is such a field.
function begin(target) {
  const box = target.matches?.(FIELD) && target.closest(".rnn-find-over")
  if (!box || known.has(target)) return false
  known.add(target)
  searched(box.dataset.index)
  listen(target, box)
  return true
}

window.addEventListener("focusin", ({ target }) => begin(target))

// Somebody may have typed in the field before this module was loaded.
const early = document.activeElement
if (early && begin(early)) early.dispatchEvent(new Event("input"))

window.addEventListener("keydown", (event) => {
  const field = plainKey(event) === "/" && document.querySelector(FIELD)
  if (!field) return
  event.preventDefault()
  field.focus()
})
