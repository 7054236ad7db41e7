// Present: the page for a class, with its picture first and as large as the window (present.css).
//
// Only the browser knows. It stands in the address after the #, as #present=true, so that a copied link
// presents too.

import { keepInAddress, namedIn, openedAddress, renamed, writeKept } from "./history.js"
import { keyAlone, plainKey } from "./keys.js"
import { mark } from "./marks.js"

const PRESENT = "present"
const PRESENTED = "rnn-present"
const root = document.documentElement

export const isPresented = () => root.classList.contains(PRESENTED)

function present(on) {
  if (on === isPresented()) return
  root.classList.toggle(PRESENTED, on)
  mark(on)
  if (on) document.querySelector(".stMain")?.scrollTo(0, 0) // where the picture is, however far one has read
  writeKept()
  window.dispatchEvent(new Event("resize")) // charts take the height of the window, or their own again
}

const read = (address) => present(namedIn(address).get(PRESENT) === "true")

function noted(named) {
  if (isPresented()) named.set(PRESENT, "true")
  else named.delete(PRESENT)
  return named
}

// An address that does not present.
export function unpresented(address) {
  return renamed(address, (named) => {
    named.delete(PRESENT)
    return named
  })
}

keepInAddress(noted)

window.addEventListener("popstate", () => read(location.href))

// While a page is presented, so is what its links open, also in a new tab. A link with a # is left as it
// is: it leads to a place on the page.
document.addEventListener(
  "click",
  ({ target }) => {
    const link = target.closest?.("a[href]")
    if (isPresented() && link?.origin === location.origin && !link.hash) link.href = renamed(link.href, noted)
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

read(openedAddress())
