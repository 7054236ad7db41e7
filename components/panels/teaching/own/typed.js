// Keeps what is typed in the field of a lesson of one's own in this tab, with what the address says of it
// then: that has a lesson without mistakes alone, and only once the field was left. Whoever comes to the
// same address again, by a reload or Back, gets what was typed last. A mistake is scrolled into sight.

const TYPED = "rnn_lens_typed"
const COMPLAINT = ".st-key-lessons_field > :last-child"

// In a frame of another site the browser may refuse its storage: then nothing is kept.
function keep(typed, address) {
  try {
    sessionStorage.setItem(TYPED, JSON.stringify({ typed, address }))
  } catch {}
}

function kept() {
  try {
    return JSON.parse(sessionStorage.getItem(TYPED))
  } catch {}
}

function inAddress() {
  return new URLSearchParams(location.search).get("own") ?? ""
}

window.addEventListener(
  "input",
  ({ target }) => {
    if (!target.closest?.(".st-key-own")) return
    keep(target.value, inAddress())
  },
  true
)

export default function ({ data, setTriggerValue }) {
  if (data.wrong) document.querySelector(COMPLAINT)?.scrollIntoView({ block: "nearest" })
  if (data.opens) location.assign(data.opens)
  if (data.written !== undefined) keep(data.written, inAddress()) // by the form or a file
  if (data.typed === undefined) return // nobody has just come
  const { typed, address } = data
  const last = kept()
  if (typed !== address) keep(typed, address) // a link's
  else if (last?.address === address && last.typed !== typed) setTriggerValue("typed", last.typed)
}
