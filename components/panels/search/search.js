// Which entries fit what is typed, best first. MiniSearch looks words up and weighs them: a word counts for more
// if few entries have it, and for more in the question than in the answer. This module says what a word is,
// which words mean the same, and how the scores of the words add up.

import MiniSearch from "./vendored/minisearch.js"

const HANGUL = /\p{Script=Hangul}/u
// The parts of a text that become words: Hangul, "LSTM(3" of "LSTM(32)", "(None, 32)", "ndim=3", "4 times", and names
// and words in Latin letters.
const PART = /\p{Script=Hangul}+|[a-z]+\(\d|\(none, ?\d+\)|ndim=\d|\d times|\p{Script=Latin}[\p{Script=Latin}\d_]*/giu

const FIELDS = { asked: 2, also: 2, error: 0.7, answer: 0.5, code: 0.5 } // what a word counts for in each
const SYNONYM = 0.5 // what a synonym of a typed word counts for
const ALIKE = 0.8 // the same, where a wording is compared with what was typed
const COMMON = 0.5 // what a common word counts for, such as "lstm"
const MISTAKE = 0.8 // what a mistake counts for, unless code or an error was typed
const NDIM = 3 // what "ndim=2" counts for: some errors differ in nothing else
const WORDING = 2 // how much more an entry counts if one of its wordings is the nearest to what was typed
const QUOTED = 0.25 // how much more a mistake counts for each word of its error that is typed in the same order
const WHOLE = 3 // how much more it counts if its error is typed as it is, or a part of it
const LEAST = 4 // the fewest words in a row that count as a quotation from an error
const LOOSE = { fuzzy: 0.5, prefix: 0.5 } // what a word counts for if it is spelt only nearly like a typed one
const IS_CODE = /\(.*[=(]|error|received|expected|warning|에러|오류|경고/i
const MOST = 5

const singular = (word) => (/..[^isu]s$/.test(word) ? word.replace(/(?<=[sx]|[cs]h)es$|s$/, "") : word)

// Korean words are taken apart into pairs of syllables, as particles and endings are attached to them: so "마스크"
// finds "마스크를" and "마스크가".
const pairs = (word) => (word.length < 3 ? [word] : Array.from({ length: word.length - 1 }, (_, at) => word.slice(at, at + 2)))

// "return_sequences" is one word and two, and so is "TimeDistributed"; "lstm_7" is "lstm". Every "LSTM(64)" is
// the same word, whatever its number, and so is every "(None, 32)". A name is one word as it is spelt:
// "return_sequence" is another.
function pieces(part) {
  if (HANGUL.test(part)) return pairs(part)
  if (part.startsWith("(")) return ["(none, n)"]
  if (part.includes("(")) return [`${part.slice(0, -2)}(n`, part.slice(0, -2)]
  if (/[= ]/.test(part)) return [part]
  const own = part.replace(/_\d+$/, "")
  const split = own.split(/_|(?<=\p{Ll})(?=\p{Lu})/u).filter(Boolean)
  return split.length > 1 ? [split.join(""), ...split.map(singular)] : split.map(singular)
}

export function wordsOf(typed, idle = new Set()) {
  const parts = (typed.match(PART) ?? []).filter((part) => !idle.has(part.toLowerCase()))
  const words = parts.flatMap(pieces).map((word) => word.toLowerCase())
  return words.filter((word) => !idle.has(word) && (HANGUL.test(word) || word.length > 1 || "ch".includes(word)))
}

// The length of the longest run of words that both lists have.
function longestRun(words, others) {
  let most = 0
  let before = []
  for (const word of words) {
    before = others.map((other, at) => (other === word ? (before[at - 1] ?? 0) + 1 : 0))
    most = Math.max(most, ...before)
  }
  return most
}

const largest = (map, name, value) => map.set(name, Math.max(map.get(name) ?? 0, value))
const add = (map, name, value) => map.set(name, (map.get(name) ?? 0) + value)

// Returns a function from what is typed to the names of the entries that fit it best. An entry is
// {name, asked, also, error, answer, code, isMistake}, where `also` is a list of wordings with commas between.
//   idle: words that tell nothing, such as "how"
//   common: words that tell little, such as "lstm"
//   synonyms: groups of words that mean the same
export function searcher(entries, { idle, common, synonyms }) {
  const told = new Set(idle)
  const inWords = (text) => wordsOf(text, told)
  const little = new Set(common.flatMap(inWords))
  const weight = (word) => (little.has(word) ? COMMON : word.startsWith("ndim=") ? NDIM : 1)
  const groups = synonyms.map((group) => group.map((word) => inWords(word).join(" ")).filter(Boolean))
  const index = new MiniSearch({ fields: Object.keys(FIELDS), idField: "name", tokenize: inWords, processTerm: (word) => word })
  index.addAll(entries)
  const mistakes = new Set(entries.filter(({ isMistake }) => isMistake).map(({ name }) => name))
  const errors = entries.filter(({ error }) => error).map(({ name, error }) => ({ name, said: error.toLowerCase(), words: wordsOf(error) }))

  // How far a word tells entries apart: the fewer have it, the further.
  const having = new Map()
  for (const entry of entries)
    for (const word of new Set(Object.keys(FIELDS).flatMap((field) => inWords(entry[field] ?? "")))) add(having, word, 1)
  const telling = (word) => weight(word) * Math.log(1 + entries.length / (having.get(word) ?? 1))
  const length = (words) => Math.hypot(...words.map(telling))
  const wordings = entries.flatMap(({ name, asked, also = "" }) =>
    [asked, ...also.split(", ")].map((wording) => new Set(inWords(wording))).map((has) => ({ name, has, long: length([...has]) })))

  const found = (word, isSure) =>
    index.search(word, {
      tokenize: (one) => [one],
      boost: FIELDS,
      fuzzy: !isSure && word.length > 4 && 0.2,
      prefix: !isSure && word.length > 3,
      weights: LOOSE,
      bm25: { k: 2, b: 0.3, d: 0 },
    })

  // By typed word: it and its synonyms, and what each counts for. The synonyms of several words in a row stand with
  // the first of them.
  function withSynonyms(words) {
    const typed = ` ${words.join(" ")} `
    const all = new Map(words.map((word) => [word, new Map([[word, weight(word)]])]))
    for (const group of groups)
      for (const same of group.filter((word) => typed.includes(` ${word} `)))
        for (const other of group.map((word) => word.split(" ")))
          for (const word of other.filter((part) => !words.includes(part)))
            largest(all.get(same.split(" ")[0]), word, (SYNONYM * Math.min(1, weight(word))) / other.length)
    return all
  }

  // How near the nearest wording of each entry is to what was typed, from 0 to 1 for the nearest of all.
  function nearness(variants) {
    const nearest = new Map()
    for (const { name, has, long } of wordings) {
      let shared = 0
      for (const [word, others] of variants) {
        const same = [...others.keys()].filter((other) => has.has(other))
        shared += Math.max(0, ...same.map((other) => (other === word ? 1 : ALIKE) * telling(word) * telling(other)))
      }
      if (shared) largest(nearest, name, shared / long)
    }
    const most = Math.max(...nearest.values())
    return (name) => (nearest.get(name) ?? 0) / most
  }

  // What a mistake counts for, by how much of its error is typed.
  function mistakenness(typed) {
    const words = wordsOf(typed)
    const whole = typed.trim().toLowerCase()
    const quoted = new Map(
      errors.map(({ name, said, words: own }) => {
        const run = longestRun(words, own)
        if (run < LEAST) return [name, 0]
        return [name, (1 + QUOTED * run) * (said.includes(whole) || whole.includes(said) ? WHOLE : 1)]
      })
    )
    return (name) => quoted.get(name) || (IS_CODE.test(typed) ? 1 : MISTAKE)
  }

  return (typed) => {
    const words = [...new Set(inWords(typed))]
    const variants = withSynonyms(words)
    const scores = new Map()
    const covered = new Map() // by entry: the sum of what those typed words count for that it has
    for (const [word, others] of variants) {
      const best = new Map()
      for (const [other, counts] of others)
        for (const { id, score } of found(other, other !== word || HANGUL.test(other))) largest(best, id, score * counts)
      for (const [id, score] of best) {
        add(scores, id, score)
        add(covered, id, weight(word))
      }
    }
    const all = words.reduce((sum, word) => sum + weight(word), 0)
    const near = nearness(variants)
    const asMistake = mistakenness(typed)
    const total = ([name, score]) =>
      score * (covered.get(name) / all) * (1 + WORDING * near(name)) * (mistakes.has(name) ? asMistake(name) : 1)
    const ranked = [...scores].map((entry) => [entry[0], total(entry)]).toSorted(([, a], [, b]) => b - a)
    return ranked.slice(0, MOST).map(([name]) => name)
  }
}
