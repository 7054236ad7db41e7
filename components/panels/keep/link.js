// The page's link with its QR code: on paper, and in a kept page.

import { unpresented } from "../browser/present.js"

// HTML of the link, with its QR code if phones reach it. It blocks until the server has answered, as the browser
// prints as soon as `beforeprint` has been handled.
export function linkWithCode() {
  const link = unpresented(location.href)
  const box = document.createElement("div")
  try {
    const request = new XMLHttpRequest()
    request.open("GET", `/qr?of=${encodeURIComponent(link)}`, false)
    request.send()
    box.innerHTML = JSON.parse(request.responseText).html
  } catch {} // the link alone
  if (!box.querySelector(".rnn-qr")) box.textContent = link
  return `<div class="rnn-address">${box.innerHTML}</div>`
}

let printed = null

window.addEventListener("beforeprint", () => {
  printed?.remove()
  printed = document.createElement("footer")
  printed.innerHTML = linkWithCode()
  document.querySelector(".stMainBlockContainer")?.append(printed)
})
window.addEventListener("afterprint", () => printed?.remove())
