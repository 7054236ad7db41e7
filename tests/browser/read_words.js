// All texts of the page and all that it has screen readers say: no code, nothing that is marked as being in
// another language, and no icons, which are words in a font of Streamlit's.
() => {
  const off = "code, pre, .katex, style, script, noscript, [lang]"
  const isIcon = (element) => getComputedStyle(element).fontFamily.includes("Material")
  const ours = (element) => !element.closest(`:is(${off}):not(html)`) && !isIcon(element)
  const found = []
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (texts.nextNode()) if (ours(texts.currentNode.parentElement)) found.push(texts.currentNode.data)
  for (const name of ["aria-label", "alt", "title", "placeholder"]) {
    for (const element of document.body.querySelectorAll(`[${name}]`)) {
      if (ours(element)) found.push(element.getAttribute(name))
    }
  }
  return found.map((said) => said.trim()).filter(Boolean)
}
