// Links to the entries that fit some words best.

import { linkTo, searched } from "./searched.js"

export default function ({ data, parentElement }) {
  const list = parentElement.querySelector("ul")
  const { words, index, besides, none } = data
  const show = ({ best, entries }) => {
    const found = best(words).map((name) => linkTo(entries.get(name), besides))
    list.replaceChildren()
    for (const each of found.length ? found : [none]) list.appendChild(document.createElement("li")).append(each)
  }
  searched(index).then(show).catch(() => {})
}
