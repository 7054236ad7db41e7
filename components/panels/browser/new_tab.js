// A click that asks for a new tab or window is the browser's alone: Streamlit's links, and ours, would
// open in this one.

window.addEventListener(
  "click",
  (event) => {
    const asked = event.ctrlKey || event.metaKey || event.shiftKey
    if (asked && event.target.closest?.("a[href]")) event.stopPropagation()
  },
  true
)

// Streamlit's links to the first page have no path before their query, which to a browser is that of
// the page it is on.
const mend = ({ target }) => {
  const link = target.closest?.("a[href=''], a[href^='?']")
  link?.setAttribute("href", `./${link.getAttribute("href")}`)
}
for (const event of ["pointerover", "pointerdown", "focusin"]) window.addEventListener(event, mend, true)
