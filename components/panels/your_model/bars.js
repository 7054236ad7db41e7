// Lines with a label, a bar and a number, such as how far each word moves an answer. A line that can be chosen
// is a button.

import { give } from "../browser/given.js"
import { tell } from "./moves.js"

const made = (kind, name, text = "") => {
  const element = document.createElement(kind)
  if (name) element.className = name
  element.textContent = text
  return element
}

export default function ({ data, parentElement, setTriggerValue }) {
  const box = parentElement.querySelector(".rnn-bars")
  give(parentElement, "your_model/bars.js", data)
  const focused = box.contains(document.activeElement) && document.activeElement.dataset.id
  if (data.marks) tell(data.marks)
  box.setAttribute("aria-label", data.alt)
  box.classList.toggle("rnn-large", data.look === "large")
  box.replaceChildren(...data.items.map((item) => line(item, data, setTriggerValue)))
  if (focused) box.querySelector(`[data-id="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true })
}

function line({ id, label, value, note, start, end, chosen }, { chooses, look }, setTriggerValue) {
  const row = made("li")
  const button = made(chooses ? "button" : "div", "rnn-bar")
  const bar = made("i", start === null ? "rnn-none" : "")
  const said = made("span", "", label)
  if (look === "code") said.lang = "en"
  button.append(said, bar, made("b", "", value))
  if (note) button.append(made("small", "", note))
  if (start !== null) {
    bar.style.setProperty("--from", `${100 * Math.min(start, end)}%`)
    bar.style.setProperty("--to", `${100 * Math.max(start, end)}%`)
    bar.classList.toggle("rnn-down", end < start)
  }
  if (chooses) {
    button.type = "button"
    button.dataset.id = id
    button.setAttribute("aria-pressed", chosen)
    button.addEventListener("click", () => setTriggerValue("chosen", id))
  }
  row.append(button)
  return row
}
