// Goes to the words that a link names as #:~:text=words, and selects them, as soon as they are on the
// page. By itself the browser would stop looking for them when the address is written meanwhile.
const FREE = "15vh" // between the words and the end of the window to which they are scrolled

let awaited = null

function goTo(words) {
  getSelection().removeAllRanges()
  if (!window.find(words)) return false
  const place = getSelection().anchorNode.parentElement
  place.style.scrollMarginBlock = FREE
  place.scrollIntoView({ block: "nearest" }) // no further, so that the picture above stays in sight
  place.style.scrollMarginBlock = ""
  return true
}

window.addEventListener("click", (event) => {
  awaited?.disconnect() // another click is about something else
  const words = event.target.closest?.("a")?.getAttribute("href")?.split("#:~:text=")[1]
  if (!words) return
  event.preventDefault()
  const look = () => goTo(decodeURIComponent(words)) && awaited.disconnect()
  awaited = new MutationObserver(look)
  awaited.observe(document.body, { childList: true, subtree: true, characterData: true })
  look()
})
