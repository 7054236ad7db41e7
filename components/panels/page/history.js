// Streamlit adds an entry to the history for each widget that a run sets, and one whenever the place
// that is looked at changes. One entry for a run, and none for a place, is what a visitor goes back
// through.
const JOINED = 300 // ms within which entries belong together
const PLACE = ["step", "unit"]
let lastEntry = -Infinity
const add = history.pushState.bind(history)

function withoutPlace(url) {
  const address = new URL(url, location.href)
  for (const name of PLACE) address.searchParams.delete(name)
  return address.href
}

history.pushState = (state, unused, url) => {
  const own = url && withoutPlace(url) === withoutPlace(location.href)
  const joined = performance.now() - lastEntry < JOINED
  const samePage = url && new URL(url, location.href).pathname === location.pathname
  if (samePage && (own || joined)) return history.replaceState(state, unused, url)
  lastEntry = performance.now()
  add(state, unused, url)
}
