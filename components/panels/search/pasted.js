// Sends a shape, code or an error to the server, if it is pasted in a field of questions, or typed there and then Enter
// pressed: the page then says what it understood. All else is looked for in the browser.

// The event of a field whose text has gone to the server.
export const SENT = "rnn-sent"

const FIELD = ".rnn-find input"
const MOST = 20_000 // characters; of a longer text its end, where an error stands

// "(32, 10, 8)" or "LSTM(64)", which ends with its bracket: "LSTM(64) cells" is a question.
const isCode = (line) => /^\S{0,20}\s*[([]\s*(?:\d|None)|^[\w.=\s]*\w\(/.test(line) && /[)\],:]$/.test(line)

// Code or a shape, several lines, or "ValueError: ...".
const isRead = (text) => isCode(text.trim()) || /\n|\w(?:Error|Warning): /.test(text.trim())

let send = () => {}

export function sendPasted(to) {
  send = to
}

function pass(event, field, text) {
  event.preventDefault()
  event.stopImmediatePropagation()
  field.value = text.trim().split("\n")[0].slice(0, 200)
  field.dispatchEvent(new Event(SENT))
  send(text.slice(-MOST))
}

window.addEventListener(
  "paste",
  (event) => {
    const text = event.clipboardData?.getData("text/plain") ?? ""
    if (event.target.matches?.(FIELD) && isRead(text)) pass(event, event.target, text)
  },
  true
)

window.addEventListener(
  "keydown",
  (event) => {
    const { target, key, isComposing } = event
    if (key !== "Enter" || isComposing || !target.matches?.(FIELD) || target.hasAttribute("aria-activedescendant")) return
    if (isRead(target.value)) pass(event, target, target.value)
  },
  true
)
