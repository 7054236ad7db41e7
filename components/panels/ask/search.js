// Which entries fit what is typed, best first. MiniSearch looks words up and weighs them: a word counts for more
// that few entries have, and in the question for more than in the answer. Said here is what a word is, and
// which words mean the same.

import MiniSearch from "./vendored/minisearch.js"

const HANGUL = /\p{Script=Hangul}/u
// What a text is taken apart into: Hangul, "LSTM(3" of "LSTM(32)", "ndim=3", and names and words of other letters.
const PART = /\p{Script=Hangul}+|[a-z]+\(\d|ndim=\d|\p{Script=Latin}[\p{Script=Latin}\d_]*/giu

const FIELDS = { asked: 2, error: 1.5, also: 2, answer: 0.5, code: 0.5 } // what a word counts for in each
const SYNONYM = 0.25 // what a word counts for that means the same as one that was typed
const COMMON = 0.3 // what a word counts for that most questions could have
const MISTAKE = 0.7 // what a mistake counts for, unless code or an error was typed
const NDIM = 3 // what "ndim=2" counts for, by which errors differ that else have the same words
const QUOTED = 2 // what a mistake counts for whose error is typed as it is, or a part of it
const LEAST = 10 // the fewest letters that are a part of an error, and not just a word of it
const IS_CODE = /\(.*[=(]|error|received|expected|warning|에러|오류|경고/i
const MOST = 5

const singular = (word) => (/..[^isu]s$/.test(word) ? word.replace(/(?<=[sx]|[cs]h)es$|s$/, "") : word)

// Korean words are taken apart into pairs of syllables, as particles and endings hang on them: what "마스크를" and
// "마스크가" share is found by "마스크".
const pairs = (word) => (word.length < 3 ? [word] : Array.from({ length: word.length - 1 }, (_, at) => word.slice(at, at + 2)))

// "return_sequences" is one word and two, and so is "TimeDistributed"; "lstm_7" is "lstm". Every "LSTM(64)" is
// the same word, whatever its number.
function pieces(part) {
  if (HANGUL.test(part)) return pairs(part)
  if (part.includes("(")) return [`${part.slice(0, -2)}(n`, part.slice(0, -2)]
  if (part.includes("=")) return [part]
  const own = part.replace(/_\d+$/, "")
  const split = own.split(/_|(?<=\p{Ll})(?=\p{Lu})/u).filter(Boolean)
  return split.length > 1 ? [split.join(""), ...split] : split
}

export function wordsOf(typed, idle = new Set()) {
  const words = (typed.match(PART) ?? []).filter((part) => !idle.has(part.toLowerCase())).flatMap(pieces)
  const lower = words.map((word) => word.toLowerCase())
  return lower.filter((word) => !idle.has(word) && (HANGUL.test(word) || word.length > 1 || "ch".includes(word))).map(singular)
}

// All words that mean the same as one, or as several side by side, that were typed.
function synonymsOf(words, synonyms) {
  const typed = ` ${words.join(" ")} `
  const others = synonyms.filter((group) => group.some((word) => typed.includes(` ${word} `))).flat()
  return new Set(others.flatMap((word) => word.split(" ")).filter((word) => !words.includes(word)))
}

// What finds entries, each {name, asked, error, also, answer, code, isMistake}.
//   idle: words that tell nothing, such as "how"
//   common: words that tell little, such as "lstm"
//   synonyms: groups of words that mean the same
export function searcher(entries, { idle, common, synonyms }) {
  const told = new Set(idle)
  const inWords = (text) => wordsOf(text, told)
  const little = new Set(common.flatMap(inWords))
  const groups = synonyms.map((group) => group.map((word) => inWords(word).join(" ")).filter(Boolean))
  const index = new MiniSearch({ fields: Object.keys(FIELDS), idField: "name", tokenize: inWords, processTerm: (word) => word })
  index.addAll(entries)
  const mistakes = new Set(entries.filter(({ isMistake }) => isMistake).map(({ name }) => name))

  const errors = new Map(entries.map(({ name, error }) => [name, error?.toLowerCase()]))

  return (typed) => {
    const quoted = typed.trim().toLowerCase()
    const isQuoted = (error) => error && quoted.length >= LEAST && (error.includes(quoted) || quoted.includes(error))
    const asMistake = (name) => (isQuoted(errors.get(name)) ? QUOTED : IS_CODE.test(typed) ? 1 : MISTAKE)
    const words = inWords(typed)
    const same = synonymsOf(words, groups)
    const isSure = (word) => same.has(word) || HANGUL.test(word) // typed as it is meant
    const scored = index.search([...words, ...same].join(" "), {
      tokenize: (all) => all.split(" "),
      boost: FIELDS,
      boostTerm: (word) => (same.has(word) ? SYNONYM : 1) * (little.has(word) ? COMMON : word.startsWith("ndim=") ? NDIM : 1),
      boostDocument: (name) => (mistakes.has(name) ? asMistake(name) : 1),
      fuzzy: (word) => !isSure(word) && word.length > 4 && 0.2,
      prefix: (word) => !isSure(word) && word.length > 3,
      weights: { fuzzy: 0.3, prefix: 0.5 },
      bm25: { k: 1.2, b: 0.7, d: 0 },
    })
    return scored.slice(0, MOST).map(({ id }) => id)
  }
}
