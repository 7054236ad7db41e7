// Keeps in this tab the draft of a lesson of one's own, with what is being typed into one of its fields.
// The address has the draft while there is no mistake in it, and never what is being typed. Whoever comes
// to the same address again, by a reload or Back, gets all of it back. A mistake is scrolled into sight.

const KEPT = "rnn_lens_lesson"
const COMPLAINT = ".st-key-lessons_field > :last-child"

let draft

// In a frame of another site the browser may refuse its storage: then nothing is kept.
function keep(field) {
  try {
    sessionStorage.setItem(KEPT, JSON.stringify({ ...draft, ...typing(field) }))
  } catch {}
}

function kept() {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT))
  } catch {}
}

// The key of a field of the form, and what it says; nothing of any other element.
function typing(element) {
  const key = element.closest?.("[class*=st-key-own_]")?.className.match(/own_\d+_[a-z]+_\d/)
  return key ? { field: key[0], said: element.value } : {}
}

window.addEventListener("input", ({ target }) => draft && typing(target).field && keep(target), true)

export default function ({ data, setTriggerValue }) {
  if (data.wrong) document.querySelector(COMPLAINT)?.scrollIntoView({ block: "nearest" })
  if (data.opens) location.assign(data.opens)
  draft = { draft: data.draft, address: data.address }
  if (data.edited) return keep(document.activeElement)
  const last = kept()
  const differs = last?.said || JSON.stringify(last?.draft) !== JSON.stringify(data.draft)
  if (last?.address === data.address && differs) setTriggerValue("typed", last)
}
