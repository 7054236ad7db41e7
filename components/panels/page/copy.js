// Buttons that copy a text of theirs or, where they have none, the page's address.

const SHOWN = 4000 // ms that a button says it has copied

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copies]")
  if (!button) return
  const done = await copy(button.dataset.copies || location.href)
  const status = button.nextElementSibling
  status.textContent = done ? button.dataset.done : button.dataset.failed
  clearTimeout(button.silence)
  button.silence = setTimeout(() => (status.textContent = ""), SHOWN)
})

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return copySelected(text) // over plain http from another machine, or in another page's frame
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
