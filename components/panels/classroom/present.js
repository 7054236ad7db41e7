// Present: the page for a class, with its picture first and as large as the window (present.css).
//
// Only the browser knows. It stands in the address after the #, as #present=true, so that a copied link
// presents too.

const PRESENT = "present"
const PRESENTED = "rnn-present"
const root = document.documentElement


function present(on) {
  if (on === isPresented()) return
  root.classList.toggle(PRESENTED, on)
  mark(on)
  if (on) document.querySelector(".stMain")?.scrollTo(0, 0) // where the picture is, however far one has read
  history.replaceState(history.state, "", location.href)
  window.dispatchEvent(new Event("resize")) // charts take the height of the window, or their own again
}

const afterHash = (address) => new URLSearchParams(new URL(address, location.href).hash.slice(1))
const read = (address) => present(afterHash(address).get(PRESENT) === "true")

function noted(address) {
  const whole = new URL(address, location.href)
  const named = afterHash(address)
  if (isPresented()) named.set(PRESENT, "true")
  else named.delete(PRESENT)
  whole.hash = named
  return whole.href
}

// Streamlit writes addresses without a #.
for (const name of ["pushState", "replaceState"]) {
  const write = history[name].bind(history)
  history[name] = (state, unused, url) => write(state, unused, url && noted(url))
}

window.addEventListener("popstate", () => read(location.href))

// While a page is presented, so is what its links open, also in a new tab. A link with a # is left as it
// is: it leads to a place on the page.
document.addEventListener(
  "click",
  ({ target }) => {
    const link = target.closest?.("a[href]")
    if (isPresented() && link?.origin === location.origin && !link.hash) link.href = noted(link.href)
  },
  true
)

document.addEventListener("click", ({ target }) => {
  const button = target.closest?.("[data-presents] button")
  if (button) present(button.parentElement.dataset.presents === "true")
})

window.addEventListener("keydown", (event) => {
  if (keyAlone(event) === "Escape" && !document.querySelector(":popover-open")) present(false)
  if (plainKey(event) === "f") present(!isPresented())
})

// Streamlit may have written the address before this was loaded: then take the one that was opened.
read(location.hash ? location.href : performance.getEntriesByType("navigation")[0].name)
