// A field, and below it the entries that have most of the words that are typed in it. What is typed word for
// word comes first, as an error that was pasted. Then a word, or two side by side, counts for more that few
// entries have, and one in the question or its other wordings for more than one in the answer.
//
// What is typed stands in the address, as #find=mask, so that it is still there when one comes back.

import { namedIn } from "../classroom/history.js"

// What a Korean word ends in beside another: "마스크를" is to find "마스크".
const PARTICLE = /^(..+?)(은|는|이|가|을|를|의|에|에서|와|과|도|만|로|으로|까지|부터|이?란)$/
const EDGES = /^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu // question marks, commas, brackets

const folded = (said) => said.toLowerCase().replace(/[“”"'`]/g, "")
export const wordsOf = (typed) =>
  folded(typed)
    .split(/\s+/)
    .map((word) => word.replace(EDGES, "").replace(PARTICLE, "$1"))
    .filter((word) => !/^[a-z\d]?$/.test(word)) // a letter or a digit alone is in most entries

function entry(item) {
  const asked = folded(`${item.querySelector("a").textContent} ${item.dataset.also}`)
  return { item, group: item.parentElement, asked, all: `${asked} ${folded(item.textContent)}` }
}

// The words that some entry has, and those that stand side by side in one. A word that none has is taken apart:
// "units=32" becomes "units".
export function known(entries, words) {
  const isIn = (word) => entries.some(({ all }) => all.includes(word))
  const parts = words.flatMap((word) => (isIn(word) ? word : word.split(/[^\p{L}]+/u).filter((part) => part.length > 1)))
  const pairs = parts.slice(1).map((word, before) => `${parts[before]} ${word}`)
  return { words: parts.filter(isIn), pairs: pairs.filter(isIn) }
}

const ALWAYS = 3 // entries are shown, if only a word of them was typed
const IN_ANSWER = 0.3 // what a word counts for in the answer, next to one in the question

// The entries to show, best first.
export function matching(entries, typed, { words, pairs }) {
  const weight = (word) => 1 / Math.sqrt(1 + entries.filter(({ all }) => all.includes(word)).length)
  const weights = [...words, ...pairs].map((word) => [word, weight(word)])
  const worth = ({ asked, all }, word) => (asked.includes(word) ? 1 : all.includes(word) ? IN_ANSWER : 0)
  const scored = entries.map((found) => ({
    ...found,
    score: weights.reduce((sum, [word, share]) => sum + share * worth(found, word), 0),
    whole: Number(found.all.includes(folded(typed))),
  }))
  const most = Math.max(...scored.map(({ score }) => score))
  const hasAll = ({ all }) => words.every((word) => all.includes(word))
  const best = scored.filter(({ score }) => score > 0).toSorted((one, other) => other.whole - one.whole || other.score - one.score)
  return best.filter((found, at) => at < ALWAYS || found.score >= most / 2 || hasAll(found))
}

export default function ({ data, parentElement }) {
  const box = parentElement.querySelector(".rnn-find")
  if (box.source === data.entries) return
  box.source = data.entries
  box.innerHTML = `<label><span></span><input type="search"></label><p role="status"></p><ul></ul><div>${data.entries}</div>`
  const [label, field, said, found, page] = ["label span", "input", "p", "ul", "div"].map((part) => box.querySelector(part))
  label.textContent = data.words.label
  field.placeholder = data.words.placeholder
  const entries = [...page.querySelectorAll("li")].map(entry)
  const idle = data.words.idle.split(" ")
  const isPhone = window.matchMedia("(max-width: 640px)").matches
  for (const group of page.querySelectorAll("details")) group.open = !isPhone
  const show = () => {
    for (const { item, group } of entries) group.append(item)
    const words = wordsOf(field.value).filter((word) => !idle.includes(word))
    page.hidden = words.length > 0
    if (page.hidden) found.append(...matching(entries, field.value, known(entries, words)).map(({ item }) => item))
    said.textContent = page.hidden && !found.firstChild ? data.words.none : ""
  }
  field.addEventListener("input", () => {
    show()
    history.replaceState(history.state, "", field.value ? `#${new URLSearchParams({ find: field.value })}` : "#")
  })
  field.value = namedIn(location.href).get("find") ?? ""
  show()
}
