// Goes to what a link names, as soon as it is on the page: the words of #:~:text=words, which it selects, or the
// strips of #:~:strips=stack.-1, which their picture frames. By itself the browser would stop looking for
// words when the address is written meanwhile, and it knows nothing of strips.

const FREE = "15vh" // between what is gone to and the end of the window to which it is scrolled

let awaited = null

// Scrolls no further than it has to, so that the picture above stays in sight.
export function scrollTo(place) {
  place.style.scrollMarginBlock = FREE
  place.scrollIntoView({ block: "nearest" })
}

// What is folded up is not found.
function unfold(words) {
  for (const note of document.querySelectorAll(".rnn-how:not([open])")) {
    if (note.textContent.toLowerCase().includes(words.toLowerCase())) note.open = true
  }
}

function goToWords(words) {
  unfold(words)
  getSelection().removeAllRanges()
  if (!window.find(words)) return false
  scrollTo(getSelection().anchorNode.parentElement)
  return true
}

// The picture's key, and after dots which of its strips: all if none is named.
function goToStrips(named) {
  const [key, ...strips] = named.split(".")
  const picture = document.querySelector(`.st-key-${key} .rnn-picture`)
  picture?.dispatchEvent(new CustomEvent("rnn-look-at", { detail: strips.map(Number) }))
  return picture !== null
}

const WAYS = { text: goToWords, strips: goToStrips }

function follow(event) {
  awaited?.disconnect() // whatever else the visitor does, they no longer wait for it
  const [, way, said] = event.target.closest?.("a")?.getAttribute("href")?.match(/#:~:(\w+)=(.*)/) ?? []
  if (event.type !== "click" || !(way in WAYS)) return
  event.preventDefault()
  const goTo = () => WAYS[way](decodeURIComponent(said))
  if (goTo()) return
  awaited = new MutationObserver(() => goTo() && awaited.disconnect())
  awaited.observe(document.body, { childList: true, subtree: true, characterData: true })
}

for (const input of ["click", "keydown", "wheel"]) window.addEventListener(input, follow)
