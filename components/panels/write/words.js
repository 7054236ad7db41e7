// Goes to the words that a link names as #:~:text=words, and selects them, as soon as they are on the
// page. By itself the browser would stop looking for them when the address is written meanwhile.

const FREE = "15vh" // between the words and the end of the window to which they are scrolled

let awaited = null

function goTo(words) {
  getSelection().removeAllRanges()
  if (!window.find(decodeURIComponent(words))) return false
  const place = getSelection().anchorNode.parentElement
  place.style.scrollMarginBlock = FREE
  place.scrollIntoView({ block: "nearest" }) // no further, so that the picture above stays in sight
  return true
}

function follow(event) {
  awaited?.disconnect() // whatever else the visitor does, they no longer wait for the words
  const words = event.target.closest?.("a")?.getAttribute("href")?.split("#:~:text=")[1]
  if (event.type !== "click" || !words) return
  event.preventDefault()
  if (goTo(words)) return
  awaited = new MutationObserver(() => goTo(words) && awaited.disconnect())
  awaited.observe(document.body, { childList: true, subtree: true, characterData: true })
}

for (const input of ["click", "keydown", "wheel"]) window.addEventListener(input, follow)
