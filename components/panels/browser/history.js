// The one module that wraps the browser's history. It decides which changes of the address add an entry
// to it, and keeps in the address what the browser alone knows: that stands after the #, as in
// #step=3&present=true. It is the page's first script, so that it runs before the server writes the address.
//
// Streamlit adds an entry whenever the server writes the address, so after each move of a slider, and Back
// would go through all of them. With this, only a choice adds an entry: a button, an option of a list
// or menu, a typed line, another page. Any other change, such as a move of a slider, a switch
// or a number, replaces the current entry.
// A tab that is left open while the server is updated gets this module again, of the new version, beside all
// that it has: each key would be heard twice. So the page is loaded anew: its settings are in the address.
// (Not within ten seconds of the last time, so that servers of two versions cannot keep a page loading.)
if (window.rnnLensLoaded && performance.now() > 10_000) location.reload()
window.rnnLensLoaded = true

const CHOICES = "button, a, [role=option], [role=menuitem], [role=radio], [type=text]"
// A room that is opened replaces its form's address, which may have the answers: Back never shows them.
const NO_CHOICES = ".stNumberInput, .st-key-room_open"
const push = history.pushState.bind(history)
const replace = history.replaceState.bind(history)
const keepers = [] // functions that return what stands after the # with what each of them keeps there
let chose = false // whether the visitor's last action was a choice
let leaves = false // whether it was a link that opens another page here

const act = (event) => {
  const { type, key, target } = event
  if (type === "keydown" && key !== "Enter") return
  chose = type !== "input" && Boolean(target.closest?.(CHOICES)) && !target.closest(NO_CHOICES)
  leaves = type === "click" && opensAnotherPage(target.closest?.("a[href]"), event)
}
for (const type of ["click", "keydown", "input", "popstate"]) window.addEventListener(type, act, true)

// Whether a click on this link opens another page of ours in this tab.
function opensAnotherPage(link, { ctrlKey, metaKey, shiftKey }) {
  const elsewhere = !link || link.origin !== location.origin || link.target === "_blank"
  return !elsewhere && !ctrlKey && !metaKey && !shiftKey && link.pathname !== location.pathname
}

// What stands after the # of an address, by name.
export const namedIn = (address) => new URLSearchParams(new URL(address, location.href).hash.slice(1))

// An address in which `change` was made to what stands after its #.
export function renamed(address, change) {
  const whole = new URL(address, location.href)
  whole.hash = change(namedIn(address))
  return whole.href
}

// From now on each address is written with what `keep` makes of the names after its #.
export function keepInAddress(keep) {
  keepers.push(keep)
}

// Streamlit writes addresses without a #.
const withKept = (url) => url && renamed(url, (named) => keepers.reduce((kept, keep) => keep(kept), named))

// Writes what is kept now, if it has changed.
export function writeKept() {
  const address = withKept(location.href)
  if (address !== location.href) replace(history.state, "", address)
}

// The address that was opened. Streamlit may have written it anew, without its #, since.
export const openedAddress = () => (location.hash ? location.href : performance.getEntriesByType("navigation")[0].name)

history.replaceState = (state, unused, url) => replace(state, unused, withKept(url))

history.pushState = (state, unused, url) => {
  const samePage = !url || new URL(url, location.href).pathname === location.pathname
  // The server may write the new page's address before Streamlit has changed the path. It belongs to no entry:
  // Streamlit writes all of it next, with the path.
  if (samePage && leaves) return
  const write = samePage && !chose ? replace : push
  write(state, unused, withKept(url))
  chose = leaves = false
}
