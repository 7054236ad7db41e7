// The link of what is shown as a QR code, in the box for a class; in a room, how to join it. Q opens it.

import { plainKey } from "../browser/keys.js"
import { unpresented } from "../browser/present.js"

const box = () => document.getElementById("rnn-class")

// Who scans it gets the page as it is elsewhere.
async function showCode() {
  const code = box().querySelector("[data-qr]")
  const joining = document.querySelector(".rnn-joining")
  if (joining) return void (code.innerHTML = joining.innerHTML)
  const link = encodeURIComponent(unpresented(location.href))
  const found = await fetch(`/qr?of=${link}&lang=${document.documentElement.lang}`)
  code.innerHTML = found.ok ? (await found.json()).html : ""
}

// It does not bubble.
document.addEventListener("toggle", ({ target, newState }) => target === box() && newState === "open" && showCode(), true)

window.addEventListener("keydown", (event) => {
  if (plainKey(event) === "q") box().togglePopover()
})
