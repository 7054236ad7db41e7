// Streamlit adds an entry to the history for each widget that a run sets, and one whenever the place
// that is looked at changes. One entry for all that comes of one deed, and none for a place or for
// what is shown instead of what was asked for, is what a visitor goes back through.
const DEEDS = ["pointerdown", "keydown", "click", "input"]
const PLACE = ["step", "unit", "learn.checkpoint", "learn.train"]
const LAST = "last."
let done = true // whether the visitor has done anything since the last entry
const add = history.pushState.bind(history)

for (const deed of DEEDS) window.addEventListener(deed, () => (done = true), true)

function withoutPlace(url) {
  const { pathname, searchParams } = new URL(url, location.href)
  const rest = [...searchParams].filter(([name]) => !PLACE.includes(name) && !name.startsWith(LAST))
  return `${pathname}?${new URLSearchParams(rest.sort())}`
}

history.pushState = (state, unused, url) => {
  const own = url && withoutPlace(url) === withoutPlace(location.href)
  const samePage = url && new URL(url, location.href).pathname === location.pathname
  if (samePage && (own || !done)) return history.replaceState(state, unused, url)
  done = false
  add(state, unused, url)
}
