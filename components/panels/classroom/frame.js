// The buttons that every page has, in the language of the page and as the page needs them; and what every
// page listens to.

import "../write/copy.js"
import { addKeepers } from "../keep/keep.js"
import "../browser/folds.js"
import "../browser/new_tab.js"
import "../browser/present.js"
import "../browser/shortcuts.js"
import "../ask/ask_first.js"
import "../search/find_over.js"
import "./qr.js"
import "../write/look_at.js"
import { sendPasted } from "../search/pasted.js"
import { watchBar } from "./bar.js"
import { watchConnection } from "./offline.js"

const root = document.documentElement

export default function ({ data, parentElement, setTriggerValue }) {
  root.lang = data.language // Streamlit's page says that it is English
  Object.assign(root.dataset, { page: data.page, settings: data.settings, section: data.section })
  if (data.section === null) delete root.dataset.section
  watchBar()
  watchConnection()
  sendPasted((text) => setTriggerValue("pasted", text))
  const box = parentElement.querySelector(".rnn-buttons")
  const source = `${data.page} ${data.html}`
  if (box.source === source) return // what is open stays open
  box.source = source
  const alike = JSON.parse(document.getElementById("rnn-frame").textContent)[data.language]
  box.innerHTML = data.html + alike.offline
  box.querySelector(".rnn-keys").insertAdjacentHTML("afterbegin", alike.switches)
  addKeepers(box)
  const popoverTargetElement = box.querySelector("#rnn-class") // which each of its buttons closes
  for (const button of popoverTargetElement.querySelectorAll("p > button")) {
    Object.assign(button, { popoverTargetElement, popoverTargetAction: "hide" })
  }
  for (const button of box.querySelectorAll("[data-language]")) {
    button.addEventListener("click", () => setTriggerValue("language", button.dataset.language))
  }
}
