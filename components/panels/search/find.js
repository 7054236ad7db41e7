// The field of Questions. The entries that fit what is typed in it best replace the list of all.
//
// The address has what is typed, as #find=mask, so that Back from an entry brings it back.

import { namedIn } from "../classroom/history.js"
import { give } from "../keep/given.js"
import { look, searched } from "./searched.js"

export default function ({ data, parentElement }) {
  const box = parentElement.querySelector(".rnn-find")
  const keep = (more) => give(parentElement, "search/find.js", { ...data, ...more })
  keep()
  // A kept page has no server to ask for what is searched.
  searched(data.index, data.searched).then((all) => keep({ searched: all.content })).catch(() => {})
  if (box.source === data.entries) return
  box.source = data.entries
  box.innerHTML = `${data.field}<p role="status"></p><ul></ul><div>${data.entries}</div>`
  const [field, said, found, page] = ["input", "p", "ul", ":scope > div"].map((part) => box.querySelector(part))
  const items = new Map([...page.querySelectorAll("li")].map((item) => [item.dataset.name, { item, group: item.parentElement }]))
  const isPhone = window.matchMedia("(max-width: 640px)").matches
  for (const group of page.querySelectorAll("details")) group.open = !isPhone
  const show = (names) => {
    for (const { item, group } of items.values()) group.append(item)
    page.hidden = names !== null
    found.append(...(names ?? []).map((name) => items.get(name).item))
    said.textContent = names?.length === 0 ? data.none : ""
  }
  field.addEventListener("input", () => {
    look(field, data.index, show)
    history.replaceState(history.state, "", field.value ? `#${new URLSearchParams({ find: field.value })}` : "#")
  })
  field.value = namedIn(location.href).get("find") ?? ""
  look(field, data.index, show)
}
