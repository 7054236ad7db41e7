// Links to the entries that fit some words best.

import { linkTo, searched } from "./searched.js"

export default function ({ data, parentElement }) {
  const list = parentElement.querySelector("ul")
  const { words, index, besides } = data
  const show = ({ best, entries }) => {
    list.replaceChildren()
    for (const name of best(words)) {
      list.appendChild(document.createElement("li")).append(linkTo(entries.get(name), besides))
    }
  }
  searched(index).then(show).catch(() => {})
}
