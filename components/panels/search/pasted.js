// Sends a shape, code or an error to the server, if it is pasted in a field of questions, or typed there and then Enter
// pressed, or the first of the list chosen that says so: the page then says what it understood.

import { READ, SENT, isCode, isRead } from "./read.js"

const FIELD = ".rnn-find input"
const MOST = 20_000 // characters; of a longer text its end, where an error stands

let send = () => {}

export function sendPasted(to) {
  send = to
}

function pass(field, text) {
  field.value = text.trim().split("\n")[0].slice(0, 200)
  field.dispatchEvent(new Event(SENT))
  send(text.slice(-MOST))
}

function passAlone(event, text) {
  event.preventDefault()
  event.stopImmediatePropagation()
  pass(event.target, text)
}

window.addEventListener(
  "paste",
  (event) => {
    const text = event.clipboardData?.getData("text/plain") ?? ""
    if (event.target.matches?.(FIELD) && isRead(text)) passAlone(event, text)
  },
  true
)

window.addEventListener(
  "keydown",
  (event) => {
    const { target, key, isComposing } = event
    if (key !== "Enter" || isComposing || !target.matches?.(FIELD) || target.hasAttribute("aria-activedescendant")) return
    if (isCode(target.value)) passAlone(event, target.value)
  },
  true
)

window.addEventListener(READ, ({ target }) => pass(target, target.value))
