// Keeps what is typed in the field of a lesson of one's own in this tab, with what the address says of it
// then: that has a lesson without mistakes alone, and only once the field was left. Whoever comes to the
// same address again, by a reload or Back, gets what was typed last. A mistake is scrolled into sight.

const TYPED = "rnn_lens_typed"
const COMPLAINT = ".st-key-lessons_field > :last-child"

window.addEventListener(
  "input",
  ({ target }) => {
    if (!target.closest?.(".st-key-own")) return
    const address = new URLSearchParams(location.search).get("own") ?? ""
    sessionStorage.setItem(TYPED, JSON.stringify({ typed: target.value, address }))
  },
  true
)

export default function ({ data, setTriggerValue }) {
  if (data.wrong) document.querySelector(COMPLAINT)?.scrollIntoView({ block: "nearest" })
  if (data.opens) location.assign(data.opens)
  if (data.typed === undefined) return // nobody has just come
  const kept = JSON.parse(sessionStorage.getItem(TYPED))
  const { typed, address } = data
  if (typed !== address) sessionStorage.setItem(TYPED, JSON.stringify({ typed, address })) // a link's
  else if (kept?.address === address && kept.typed !== typed) setTriggerValue("typed", kept.typed)
}
