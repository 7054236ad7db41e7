// Scrolls to what a link names, as soon as the page has it, and frames it: the lines of #:~:text=words, the
// strips of #:~:strips=stack.-1 in their picture, or the first element of the class in #:~:part=rnn-drawing.
// The browser's own search for such words ends when the address changes, as it does after each run.

const FRAMED = "data-looked-at" // look_at.css draws the frame
const LINES = "li, p, td, th, h2, h3, summary, label, pre"
const FREE = "15vh" // kept free between what is scrolled to and the edge of the window

let awaited = null

// Scrolls no further than it has to, so that the picture above stays in sight.
export function scrollTo(place) {
  place.style.scrollMarginBlock = FREE
  place.scrollIntoView({ block: "nearest" })
}

// Opens the notes and the facts that have the words: the browser does not find what is folded up.
function unfold(words) {
  for (const note of document.querySelectorAll(":is(.rnn-how, .rnn-facts details):not([open])")) {
    if (note.textContent.toLowerCase().includes(words.toLowerCase())) note.open = true
  }
}

function frame(place) {
  place.setAttribute(FRAMED, "")
  scrollTo(place)
}

function goToWords(said) {
  unfold(said)
  const found = getSelection()
  found.removeAllRanges()
  do {
    if (!window.find(said)) return false
  } while (found.anchorNode.parentElement.closest(".rnn-beside")) // the same fact, beside the answer
  const words = found.anchorNode.parentElement
  found.removeAllRanges()
  frame(words.closest(LINES) ?? words)
  return true
}

// named: the picture's key and, after dots, the indices of its strips, such as "stack.-1"; all strips without any.
function goToStrips(named) {
  const [key, ...strips] = named.split(".")
  const picture = document.querySelector(`.st-key-${key} .rnn-picture`)
  picture?.dispatchEvent(new CustomEvent("rnn-look-at", { detail: strips.map(Number) }))
  return picture !== null
}

function goToPart(name) {
  const place = document.querySelector(`.stMain .${name}`)
  if (!place?.offsetHeight) return false
  frame(place)
  return true
}

const WAYS = { text: goToWords, strips: goToStrips, part: goToPart }

function follow(event) {
  awaited?.disconnect() // a visitor who does something else no longer waits for it
  const [, way, said] = event.target.closest?.("a")?.getAttribute("href")?.match(/#:~:(\w+)=(.*)/) ?? []
  if (event.type !== "click" || !(way in WAYS)) return
  event.preventDefault()
  document.querySelector(`[${FRAMED}]`)?.removeAttribute(FRAMED)
  const goTo = () => WAYS[way](decodeURIComponent(said))
  if (goTo() && way === "strips") return // a picture keeps its frame, and scrolls to it once it is drawn
  // While the page is still being drawn, what stands above a part may grow and push it out of sight.
  awaited = new MutationObserver(() => {
    const framed = document.querySelector(`[${FRAMED}]`)
    if (framed) scrollTo(framed)
    else if (goTo() && way === "strips") awaited.disconnect()
  })
  awaited.observe(document.body, { childList: true, subtree: true, characterData: true })
}

for (const input of ["click", "keydown", "wheel", "pointerdown"]) window.addEventListener(input, follow)
