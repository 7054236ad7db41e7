// A field, and below it the entries that have most of the words that are typed in it: all of them, if
// any entry has.

const folded = (said) => said.toLowerCase().replace(/[“”"'`]/g, "")

export default function ({ data, parentElement }) {
  const box = parentElement.querySelector(".rnn-find")
  const { entries, words } = data
  if (box.source === entries) return
  box.source = entries
  box.innerHTML = `<label><span></span><input type="search"></label><p role="status"></p><div>${entries}</div>`
  const [label, field, said] = ["label span", "input", "p"].map((part) => box.querySelector(part))
  label.textContent = words.label
  field.placeholder = words.placeholder
  const items = [...box.querySelectorAll("li")].map((item) => [item, folded(`${item.textContent} ${item.dataset.also}`)])
  field.addEventListener("input", () => {
    const wanted = folded(field.value).split(/\s+/)
    const found = items.map(([item, has]) => [item, wanted.filter((word) => has.includes(word)).length])
    const most = Math.max(1, ...found.map(([, count]) => count))
    for (const [item, count] of found) item.hidden = count < most
    for (const section of box.querySelectorAll("section")) section.hidden = !section.querySelector("li:not([hidden])")
    said.textContent = items.every(([item]) => item.hidden) ? words.none : ""
  })
}
