// Marks the menu of pages in Streamlit's bar as the place of the page that is open, where the bar has no
// link to that page in sight: it shows as many as there is room for.

const root = document.documentElement
const BAR = ".stAppHeader"
const LINK = '[data-testid="stTopNav"] [aria-current]:not([aria-hidden="true"] *)'

const markMenu = () => root.toggleAttribute("data-in-menu", !document.querySelector(LINK))
const watcher = new MutationObserver(markMenu)

// Begins to watch the bar's links. Does nothing more if they are watched already.
export function watchBar() {
  markMenu()
  const changes = { subtree: true, childList: true, attributeFilter: ["aria-current", "aria-hidden"] }
  watcher.observe(document.querySelector(BAR), changes)
}
