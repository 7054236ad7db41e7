// Keys that are a single character, such as F, do nothing while the visitor has them switched off, as who
// speaks to the computer may want (WCAG 2.1.4). This browser keeps that.

import { plainKey } from "./keys.js"

const root = document.documentElement
const LETTERS = "rnn_lens_letters"
const LETTER = /^[a-z,./]$/

function keep(letters) {
  root.dataset.letters = letters
  try {
    localStorage.setItem(LETTERS, letters)
  } catch {} // in a frame without storage, until the page is left
}

try {
  root.dataset.letters = localStorage.getItem(LETTERS) ?? "on"
} catch {}

document.addEventListener("click", ({ target }) => {
  const button = target.closest?.("[data-turns] button")
  if (button) keep(button.parentElement.dataset.turns)
})

// Before anything else on the page gets the key.
window.addEventListener(
  "keydown",
  (event) => {
    if (root.dataset.letters === "off" && LETTER.test(plainKey(event))) event.stopImmediatePropagation()
  },
  true
)
