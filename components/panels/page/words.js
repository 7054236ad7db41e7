// Goes to the words that a link names as #:~:text=words, and selects them. By itself the browser would
// stop looking for them when the address is written meanwhile.
window.addEventListener("click", (event) => {
  const words = event.target.closest?.("a")?.getAttribute("href")?.split("#:~:text=")[1]
  if (!words) return
  event.preventDefault()
  getSelection().removeAllRanges()
  if (window.find(decodeURIComponent(words))) getSelection().anchorNode.parentElement.scrollIntoView({ block: "center" })
})
