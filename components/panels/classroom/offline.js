// While the server does not answer, a line of ours says so, in the page's language. It takes the place of Streamlit's
// dialog, which lies over the page in English: once that is closed, it stays away until the page is connected again.

const root = document.documentElement
const APP = ".stApp[data-test-connection-state]"
const DIALOG = "body > .stDialog"
const AGAIN = new Set(["PINGING_SERVER", "CONNECTING"]) // Streamlit's states in which it goes on trying

function look() {
  const state = document.querySelector(APP).dataset.testConnectionState
  const dialog = document.querySelector(DIALOG)
  if (!AGAIN.has(state)) delete root.dataset.offline
  else if (dialog) {
    root.dataset.offline = ""
    dialog.querySelector("button").click()
  }
}

const watcher = new MutationObserver(look)

// Begins to watch the connection. Does nothing more if it is watched already.
export function watchConnection() {
  watcher.observe(document.querySelector(APP), { attributeFilter: ["data-test-connection-state"] })
  watcher.observe(document.body, { childList: true })
}
