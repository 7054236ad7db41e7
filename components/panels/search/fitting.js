// Links to the entries that fit some words best.

import { linkTo, searched } from "./searched.js"

export default function ({ data, parentElement }) {
  const list = parentElement.querySelector("ul")
  const { words, index, besides } = data
  const show = ({ best, entries }) => {
    const links = best(words).map((name) => linkTo(entries.get(name), besides))
    list.replaceChildren(...links.map((link) => Object.assign(document.createElement("li"), { innerHTML: link.outerHTML })))
  }
  searched(index).then(show).catch(() => {})
}
