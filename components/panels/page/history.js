// Streamlit adds an entry to the history for each widget that a run sets, and one whenever the place
// that is looked at changes. One entry for all that comes of one deed, and none for a place or for
// what is shown instead of what was asked for, is what a visitor goes back through.
const DEEDS = ["pointerdown", "keydown", "click", "input"]
const PLACE = ["step", "unit", "learn.checkpoint", "learn.train"]
const LAST = "last."
let done = true // whether the visitor has done anything since the last entry
let before = location.href // as the address was when he did
let held = false // a slider that is dragged is one deed
const add = history.pushState.bind(history)

const begin = () => {
  done = true
  if (!held) before = location.href
}
for (const deed of DEEDS) window.addEventListener(deed, begin, true)
window.addEventListener("pointerdown", () => (held = true), true)
for (const end of ["pointerup", "pointercancel"]) window.addEventListener(end, () => (held = false), true)

function withoutPlace(url) {
  const { pathname, searchParams } = new URL(url, location.href)
  const rest = [...searchParams].filter(([name]) => !PLACE.includes(name) && !name.startsWith(LAST))
  return `${pathname}?${new URLSearchParams(rest.sort())}`
}

history.pushState = (state, unused, url) => {
  const own = url && withoutPlace(url) === withoutPlace(location.href)
  const samePage = url && new URL(url, location.href).pathname === location.pathname
  // On the way to another page, Streamlit first leaves what is set on this one.
  if (!done || (samePage && own)) return history.replaceState(state, unused, url)
  // What a widget says itself was written over the entry that there was: that is the one to go back to.
  if (samePage && new URL(before).pathname === location.pathname) history.replaceState(state, unused, before)
  done = false
  add(state, unused, url)
}
