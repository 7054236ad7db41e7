// Marks the menu in Streamlit's bar that has the page that is open. Streamlit marks the page's own link
// alone, and the bar has no link to it in sight where the page is in a menu: in that of its section, or in the
// one for the pages that the bar has no room for.

const root = document.documentElement
const BAR = ".stAppHeader"
const SEEN = ':not([aria-hidden="true"] *)'
const LINK = `[data-testid="stTopNav"] [aria-current]${SEEN}`
const MENU = `[data-testid="stTopNav"] [aria-haspopup="menu"]${SEEN}`

function markMenu() {
  const { section } = root.dataset // "" for a page that is in none; missing if the bar does not have the page
  const menus = [...document.querySelectorAll(MENU)]
  const own = menus.find((menu) => section && menu.textContent.includes(section)) ?? menus.at(-1)
  const here = section === undefined || document.querySelector(LINK) ? null : own
  for (const menu of menus) {
    if (menu.hasAttribute("data-here") !== (menu === here)) menu.toggleAttribute("data-here")
  }
}

const watcher = new MutationObserver(markMenu)

// Begins to watch the bar's links. Does nothing more if they are watched already.
export function watchBar() {
  markMenu()
  const changes = { subtree: true, childList: true, attributeFilter: ["aria-current", "aria-hidden"] }
  watcher.observe(document.querySelector(BAR), changes)
}
