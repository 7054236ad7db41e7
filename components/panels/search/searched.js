// What is searched: it is loaded when somebody begins to search, once for each language.

import { readAs } from "./read.js"
import { searcher } from "./search.js"

const loaded = new Map() // by its address: a promise of the function that finds names, of the entries by name, and of errors

async function load(address, kept) {
  const content = kept ?? (await (await fetch(address)).json())
  const { entries, synonyms, errors } = content
  const known = errors.map((pattern) => new RegExp(pattern))
  return { content, known, best: searcher(entries, synonyms), entries: new Map(entries.map((entry) => [entry.name, entry])) }
}

// What is searched, from its address; in a kept page from `kept`, its content.
export function searched(address, kept) {
  if (!loaded.has(address)) {
    const answer = load(address, kept)
    answer.catch(() => loaded.delete(address)) // so that the next letter that is typed asks again
    loaded.set(address, answer)
  }
  return loaded.get(address)
}

// A link to an entry. `besides` are parameters of every link of the page.
export function linkTo({ link, title }, besides) {
  const made = document.createElement("a")
  const href = besides ? `${link}${link.includes("?") ? "&" : "?"}${besides}` : link
  return Object.assign(made, { href, innerHTML: title })
}

// Calls `show` with the names that fit what is in the field, all entries, and what the server would read it as; with
// null where nothing is in it.
export async function look(field, address, show) {
  const typed = field.value
  if (!typed.trim()) return show(null)
  const { best, entries, known } = await searched(address)
  if (field.value === typed) show(best(typed), entries, readAs(typed, known))
}
