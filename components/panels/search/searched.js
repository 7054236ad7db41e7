// What is searched: it is loaded when somebody begins to search, once for each language.

import { searcher } from "./search.js"

const loaded = new Map() // by its address: a promise of the function that finds names, and of the entries by name

async function load(address, kept) {
  const content = kept ?? (await (await fetch(address)).json())
  const { entries, synonyms } = content
  return { content, best: searcher(entries, synonyms), entries: new Map(entries.map((entry) => [entry.name, entry])) }
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

// Calls `show` with the names that fit what is in the field, and all entries; with null where nothing is in it.
export async function look(field, address, show) {
  const typed = field.value
  if (!typed.trim()) return show(null)
  const { best, entries } = await searched(address)
  if (field.value === typed) show(best(typed), entries)
}
