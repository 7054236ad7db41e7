// Buttons that copy the text in data-copies or, if that is empty, the page's address.

const SHOWN = 4000 // ms for which a button says what it has done

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copies]")
  if (!button) return
  const done = await copy(button.dataset.copies || location.href)
  say(button, done ? button.dataset.done : button.dataset.failed)
})

// Has a button say something in its place for a moment.
export function say(button, what) {
  button.nextElementSibling.textContent = what
  button.toggleAttribute("data-said", Boolean(what))
  clearTimeout(button.silence)
  if (what) button.silence = setTimeout(() => say(button, ""), SHOWN)
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return copySelected(text) // no clipboard over http from another machine, or in a frame
  }
}

function copySelected(text) {
  const focused = document.activeElement
  const field = document.createElement("textarea")
  field.value = text
  field.style.position = "fixed"
  field.style.opacity = 0
  document.body.append(field)
  field.select()
  const done = document.execCommand("copy")
  field.remove()
  focused?.focus({ preventScroll: true })
  return done
}
