// Which entries fit what is typed, best first. MiniSearch looks words up and weighs them: a word counts for more
// if few entries have it (so "how" counts for little, and there is no list of such words), and for more in a
// question than in its answer. This module says what a word is, which words mean the same, and how the scores of
// the words add up.

import MiniSearch from "./vendored/minisearch.js"

const HANGUL = /\p{Script=Hangul}/u
// The parts of a text that become words: Hangul, "LSTM(3" of "LSTM(32)", "(None, 32)", "ndim=3", "4 times", and names
// and words in Latin letters.
const PART = /\p{Script=Hangul}+|[a-z]+\(\d|\(none, ?\d+\)|ndim=\d|\d times|\p{Script=Latin}[\p{Script=Latin}\d_]*/giu

const FIELDS = ["wordings", "error", "answer", "code"]
const ASKED = 4 // how much more a word counts in a wording than in the other fields
const SYNONYM = 0.5 // what a synonym of a typed word counts for
const NEAREST = 2 // how much more an entry counts if one of its wordings is the nearest to what was typed
const LEAST = 4 // the fewest words in a row that count as a quotation from an error
const WHOLE = 10 // how much more an entry counts if its error is typed as it is, or a part of it
const LOOSE = { fuzzy: 0.5, prefix: 0.5 } // what a word counts for if it is spelt only nearly like a typed one
const MOST = 5

// How well the best entry fits at least, if it lacks a typed word: its score times how near its nearest wording is. Below
// that nothing fits. Measured on tests/browser/wordings*.toml: most of what no entry answers is below, of what one does
// answer one in fifty at most. It is lower in Korean, where two people hardly put a word in the same form.
const FITS = { latin: 15, hangul: 12 }

const BETWEEN = /, (?![^([]*[)\]])/ // what stands between two wordings: a comma that is in no brackets

// What a Korean word may end in that tells nothing: polite endings, and particles such as "는" and "에서".
const ENDING = /(?:[예에어아]?요|니다|니까|하면|는데|인데|에서|으로|[은는가을를]|(?<=..)이)$/

const singular = (word) => (/..[^isu]s$/.test(word) ? word.replace(/(?<=[sx]|[cs]h)es$|s$/, "") : word)

// Korean words are taken apart into pairs of syllables, as more particles and endings are attached to them, and
// words to each other: so "마스크" finds "마스크까지" and "패딩마스크".
const pairs = (word) => (word.length < 3 ? [word] : Array.from({ length: word.length - 1 }, (_, at) => word.slice(at, at + 2)))

// "return_sequences" is one word and two, and so is "TimeDistributed"; "lstm_7" is "lstm". Every "LSTM(64)" is
// the same word, whatever its number, and so is every "(None, 32)". A name is one word as it is spelt:
// "return_sequence" is another.
function pieces(part) {
  if (HANGUL.test(part)) return pairs(part.replace(ENDING, ""))
  if (part.startsWith("(")) return ["(none, n)"]
  if (part.includes("(")) return [`${part.slice(0, -2)}(n`, part.slice(0, -2)]
  if (/[= ]/.test(part)) return [part]
  const own = part.replace(/_\d+$/, "")
  const split = own.split(/_|(?<=\p{Ll})(?=\p{Lu})/u).filter(Boolean)
  return split.length > 1 ? [split.join(""), ...split.map(singular)] : split.map(singular)
}

export function wordsOf(typed) {
  const words = (typed.match(PART) ?? []).flatMap(pieces).map((word) => word.toLowerCase())
  return words.filter((word) => HANGUL.test(word) || word.length > 1 || word === "c" || word === "h")
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

// Returns a function from what is typed to the names of the entries that fit it best, none if nothing fits. An entry is
// {name, asked, also, error, answer, code}, where `also` is a list of wordings with commas between.
//   synonyms: groups of words that mean the same
export function searcher(entries, synonyms) {
  const groups = synonyms.map((group) => group.map((word) => wordsOf(word).join(" ")).filter(Boolean))
  const index = new MiniSearch({ fields: FIELDS, idField: "name", tokenize: wordsOf, processTerm: (word) => word })
  const texts = entries.map(({ asked, also, ...entry }) => ({ ...entry, wordings: `${asked}, ${also}` }))
  index.addAll(texts)
  const errors = entries.filter(({ error }) => error).map(({ name, error }) => ({ name, said: error.toLowerCase(), words: wordsOf(error) }))

  // How far a word tells entries apart: the fewer have it, the further.
  const having = new Map()
  for (const entry of texts)
    for (const word of new Set(FIELDS.flatMap((field) => wordsOf(entry[field] ?? "")))) add(having, word, 1)
  const telling = (word) => Math.log(1 + entries.length / (having.get(word) ?? 1))
  const length = (words) => Math.hypot(...words.map(telling))
  const wordings = texts.flatMap((entry) =>
    entry.wordings.split(BETWEEN).map((wording) => {
      const has = new Set(wordsOf(wording))
      return { name: entry.name, has, long: length([...has]) }
    })
  )

  const found = (word, isSure) =>
    index.search(word, {
      tokenize: (one) => [one],
      boost: { wordings: ASKED },
      fuzzy: !isSure && word.length > 4 && 0.2,
      prefix: !isSure && word.length > 3,
      weights: LOOSE,
      bm25: { k: 2, b: 0.3, d: 0 },
    })

  // By typed word: it, its synonyms and what it may become, and what each counts for. The synonyms of several words in a row stand with
  // the first of them.
  function withSynonyms(words) {
    const typed = ` ${words.join(" ")} `
    const all = new Map(words.map((word) => [word, new Map([[word, 1]])]))
    for (const group of groups)
      for (const same of group.filter((word) => typed.includes(` ${word} `)))
        for (const other of group.map((word) => word.split(" ")))
          for (const word of other.filter((part) => !words.includes(part)))
            largest(all.get(same.split(" ")[0]), word, SYNONYM / other.length)
    // A word that no entry has may be one that is typed no further yet.
    for (const begun of words.filter((word) => word.length > 1 && !having.has(word)))
      for (const word of having.keys()) if (word.startsWith(begun)) largest(all.get(begun), word, LOOSE.prefix)
    return all
  }

  // How near the nearest wording of each entry is to what was typed: up to 1, if it has the same words.
  function nearness(variants) {
    const typed = length([...variants.keys()])
    const nearest = new Map()
    for (const { name, has, long } of wordings) {
      let shared = 0
      for (const [word, others] of variants) {
        const same = [...others.keys()].filter((other) => has.has(other))
        shared += Math.max(0, ...same.map((other) => telling(word) * telling(other)))
      }
      if (shared) largest(nearest, name, shared / long / typed)
    }
    return (name) => nearest.get(name) ?? 0
  }

  // How much more an entry counts whose error is quoted: half as many times as words of it are typed in a row.
  function quotes(typed) {
    const words = wordsOf(typed)
    const whole = typed.trim().toLowerCase()
    const quoted = new Map(
      errors.map(({ name, said, words: own }) => {
        const run = longestRun(words, own)
        if (run < LEAST) return [name, 1]
        return [name, (run / 2) * (said.includes(whole) || whole.includes(said) ? WHOLE : 1)]
      })
    )
    return (name) => quoted.get(name) ?? 1
  }

  return (typed) => {
    const words = [...new Set(wordsOf(typed))]
    const variants = withSynonyms(words)
    const scores = new Map()
    const covered = new Map() // by entry: how many of the typed words it has
    for (const [word, others] of variants) {
      const best = new Map()
      for (const [other, counts] of others)
        for (const { id, score } of found(other, other !== word || HANGUL.test(other))) largest(best, id, score * counts)
      for (const [id, score] of best) {
        add(scores, id, score)
        add(covered, id, 1)
      }
    }
    const near = nearness(variants)
    const nearest = Math.max(...entries.map(({ name }) => near(name)))
    const quoted = quotes(typed)
    const total = ([name, score]) =>
      score * (covered.get(name) / words.length) * (1 + (nearest && (NEAREST * near(name)) / nearest)) * quoted(name)
    const ranked = [...scores].map((entry) => [entry[0], total(entry)]).toSorted(([, a], [, b]) => b - a)
    const least = HANGUL.test(typed) ? FITS.hangul : FITS.latin
    const fits = ([name]) =>
      covered.get(name) === words.length || quoted(name) > 1 || near(name) * scores.get(name) >= least
    return ranked.length && fits(ranked[0]) ? ranked.slice(0, MOST).map(([name]) => name) : []
  }
}
