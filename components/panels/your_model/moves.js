// How far the answer moves without each word: told by the lines below the model (bars.js), marked at the words
// above it (rows.js).

const watchers = new Set()
let told = { words: [], moves: [] }

export function tell(moved) {
  told = moved
  for (const watcher of watchers) watcher()
}

export const watch = (watcher) => watchers.add(watcher)
export const unwatch = (watcher) => watchers.delete(watcher)

// The moves of these words, if they are those of which it was told; from -1 to 1.
export const movesOf = (words) => (words.join(" ") === told.words.join(" ") ? told.moves : [])
