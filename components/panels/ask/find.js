// A field, and below it the five entries that fit best what is typed in it. `search.js` finds them.
//
// What is typed stands in the address, as #find=mask, so that it is still there when one comes back.

import { namedIn } from "../classroom/history.js"
import { give } from "../keep/given.js"
import { searcher } from "./search.js"

function entry(item, name) {
  const said = (selector) => [...item.querySelectorAll(selector)].map((part) => part.textContent).join(" ")
  const { also, code } = item.dataset
  return { name, item, group: item.parentElement, asked: said("a"), also, answer: said("p"), code, error: said(".rnn-says"), isMistake: code !== undefined }
}

export default function ({ data, parentElement }) {
  const box = parentElement.querySelector(".rnn-find")
  give(parentElement, "ask/find.js", data)
  if (box.source === data.entries) return
  box.source = data.entries
  box.innerHTML = `<label><span></span><input type="search"></label><p role="status"></p><ul></ul><div>${data.entries}</div>`
  const [label, field, said, found, page] = ["label span", "input", "p", "ul", "div"].map((part) => box.querySelector(part))
  label.textContent = data.words.label
  field.placeholder = data.words.placeholder
  const entries = [...page.querySelectorAll("li")].map(entry)
  const best = searcher(entries, data.search)
  const isPhone = window.matchMedia("(max-width: 640px)").matches
  for (const group of page.querySelectorAll("details")) group.open = !isPhone
  const show = () => {
    for (const { item, group } of entries) group.append(item)
    page.hidden = field.value.trim() !== ""
    if (page.hidden) found.append(...best(field.value).map((name) => entries[name].item))
    said.textContent = page.hidden && !found.firstChild ? data.words.none : ""
  }
  field.addEventListener("input", () => {
    show()
    history.replaceState(history.state, "", field.value ? `#${new URLSearchParams({ find: field.value })}` : "#")
  })
  field.value = namedIn(location.href).get("find") ?? ""
  show()
}
