// The field of Questions. The entries that fit what is typed in it best replace the list of all, with their answers, below
// a button that has the server read it, if it can.
//
// The address has what is typed, as #find=mask, so that Back from an entry brings it back.

import { namedIn } from "../browser/history.js"
import { give } from "../browser/given.js"
import { READ } from "./read.js"
import { linkTo, look, searched } from "./searched.js"

// The button, in an item of the list.
function reader(field) {
  const [item, button] = ["li", "button"].map((name) => document.createElement(name))
  button.addEventListener("click", () => field.dispatchEvent(new Event(READ, { bubbles: true })))
  field.addEventListener("keydown", ({ key, isComposing }) => key === "Enter" && !isComposing && item.isConnected && button.click())
  item.append(button)
  return item
}

// An item of what is not in the list of all: a page or a tool. Those of a kept page lead nowhere.
function added(entry, besides, isKept) {
  const item = document.createElement("li")
  if (!isKept) item.append(linkTo(entry, besides))
  return item
}

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
  for (const group of page.querySelectorAll(":scope > details")) group.open = !isPhone
  const read = reader(field)
  const show = (names, entries, readAs) => {
    for (const [name, { item, group }] of items) {
      group.append(item)
      item.querySelector("details").open = Boolean(names?.includes(name))
    }
    page.hidden = names !== null
    const fitting = (names ?? []).map((name) => items.get(name)?.item ?? added(entries.get(name), data.besides, data.searched))
    found.replaceChildren(...fitting.filter((item) => item.hasChildNodes()))
    if (readAs && !data.searched) {
      read.firstChild.textContent = data[readAs]
      found.prepend(read)
    }
    said.textContent = names && !found.hasChildNodes() ? data.none : ""
  }
  field.addEventListener("input", () => {
    look(field, data.index, show)
    history.replaceState(history.state, "", field.value ? `#${new URLSearchParams({ find: field.value })}` : "#")
  })
  field.value = namedIn(location.href).get("find") ?? ""
  look(field, data.index, show)
}
