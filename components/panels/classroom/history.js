// Decides which changes of the address add an entry to the browser's history.
//
// Streamlit adds one whenever the server writes the address, so after each move of a slider, and Back
// would go through all of them. With this, only a choice adds an entry: a button, an option of a list
// or menu, a typed line, another page. Any other change, such as a move of a slider, a switch
// or a number, replaces the current entry.
const CHOICES = "button, a, [role=option], [role=menuitem], [role=radio], [type=text]"
// A room that is opened replaces its form's address, which may have the answers: Back never shows them.
const NO_CHOICES = ".stNumberInput, .st-key-room_open"
const push = history.pushState.bind(history)
let chose = false // whether the visitor's last action was a choice

const act = ({ type, key, target }) => {
  if (type === "keydown" && key !== "Enter") return
  chose = type !== "input" && Boolean(target.closest?.(CHOICES)) && !target.closest(NO_CHOICES)
}
for (const type of ["click", "keydown", "input"]) window.addEventListener(type, act, true)

history.pushState = (state, unused, url) => {
  const samePage = !url || new URL(url, location.href).pathname === location.pathname
  if (samePage && !chose) history.replaceState(state, unused, url)
  else push(state, unused, url)
  chose = false
}
