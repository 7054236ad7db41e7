// Keep this page: what it shows, as one HTML file that opens without this server.
//
// kept.html is that file without its content. This module fills in what the page shows, its styles, and what
// each of our elements was given: in the file the element's own module draws it again. Widgets become lines of
// text, and what needs the server is left out.

import { unpresented } from "../browser/present.js"
import { say } from "../write/copy.js"
import { givenTo } from "../browser/given.js"
import { linkWithCode } from "./link.js"
import { settings, writeSettings } from "./settings.js"

const LEFT_OUT = [
  ".st-key-frame, style, script, iframe, button:not([data-copies]), .rnn-file, .rnn-begin, .rnn-find-over, .stFileUploader, .stSpinner",
  ".stExpander > details:not([open])", // the server sends its content only once it is open
  ".stTooltipIcon, [data-testid=stIconMaterial], [role=img][translate=no], [data-testid=stSkeleton], [data-testid=stHeaderActionElements]",
].join()
const BOXES = ".stElementContainer, .stVerticalBlock, .stHorizontalBlock, .stColumn, [data-testid=stLayoutWrapper]"
const SHOWS = "[data-given], .stHtml, img, table, hr" // also without a text
const OURS = "[data-testid=stBidiComponentRegular]" // what Streamlit gives each of our modules
const OF_STREAMLIT = /^(st-emotion-\S+|e[\da-z]{6,}\d+)$/ // classes of its own styles, which a file does not have

// Adds the button to those of every page, and to the box for where there is no room for it (keep.css).
export function addKeepers(buttons) {
  const { without, address, words } = JSON.parse(document.getElementById("rnn-keep").textContent)
  const { lang, dataset } = document.documentElement
  if (without.includes(dataset.page)) return
  const said = words[lang]
  const html = `<span class="rnn-copier"><button type="button" data-keeps>${said.begin}</button><span role="status"></span></span>`
  buttons.insertAdjacentHTML("beforeend", `<span data-keeper>${html}</span>`)
  buttons.querySelector("[data-qr]").insertAdjacentHTML("beforebegin", `<p data-keeper>${html} ${said.begin_help}</p>`)
  for (const button of buttons.querySelectorAll("[data-keeps]")) button.addEventListener("click", () => keep(button, address, said))
}

async function keep(button, address, said) {
  try {
    download(await file(address, said), `rnn_lens_${document.documentElement.dataset.page}.html`)
    say(button, said.done)
  } catch {
    say(button, said.failed)
  }
}

function download(content, name) {
  const link = document.createElement("a")
  link.href = URL.createObjectURL(new Blob([content], { type: "text/html" }))
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}

// The file. address: that of kept.html; kept, live: words in it.
async function file(address, { kept, live }) {
  const answer = await fetch(address)
  if (!answer.ok) throw new Error(address)
  const page = new DOMParser().parseFromString(await answer.text(), "text/html")
  const { lang, dataset } = document.documentElement
  const link = unpresented(location.href)
  page.title = document.title
  page.documentElement.lang = lang
  Object.assign(page.documentElement.dataset, { page: dataset.page, at: new URL(link).hash.slice(1) })
  page.querySelector("base").href = link
  page.querySelector("style").prepend(document.getElementById("rnn-styles").textContent)
  const [said, set, main, back] = ["header p", "header p + p", "main", "footer"].map((part) => page.querySelector(part))
  const day = new Date().toLocaleDateString(lang, { dateStyle: "long" })
  said.innerHTML = `${kept.replace("{day}", day)} <a></a>`
  Object.assign(said.querySelector("a"), { href: link, textContent: live })
  set.textContent = dataset.settings === "false" ? "" : settings(document.querySelector(".stSidebar"))
  const { copy, given } = shown(document.querySelector(".stMainBlockContainer"))
  main.append(copy)
  back.innerHTML = linkWithCode()
  page.getElementById("given").textContent = await packed(JSON.stringify(given))
  return `<!doctype html>\n${page.documentElement.outerHTML}`
}

// A copy of what an element shows, and what our own elements in it were given. In the copy each of these is
// empty, and its data-given is the index of what it was given.
function shown(element) {
  const copy = element.cloneNode(true)
  const given = []
  writeSettings(element, copy)
  const copies = copy.querySelectorAll(OURS)
  for (const [at, own] of element.querySelectorAll(OURS).entries()) {
    if (!givenTo(own)) continue
    copies[at].replaceChildren(own.querySelector("[class]").cloneNode())
    copies[at].dataset.given = given.push(givenTo(own)) - 1
  }
  const columns = copy.querySelectorAll(".stColumn")
  for (const [at, column] of element.querySelectorAll(".stColumn").entries()) {
    columns[at].style.flex = getComputedStyle(column).flex
  }
  for (const grid of copy.querySelectorAll(".stDataFrame")) grid.replaceChildren(grid.querySelector("canvas table") ?? "")
  for (const part of copy.querySelectorAll(LEFT_OUT)) part.remove()
  for (const box of [...copy.querySelectorAll(BOXES)].toReversed()) if (isEmpty(box)) box.remove()
  for (const part of copy.querySelectorAll("[class]")) {
    part.classList.remove(...[...part.classList].filter((name) => OF_STREAMLIT.test(name)))
  }
  return { copy, given }
}

const isEmpty = (box) => !box.textContent.trim() && !box.querySelector(SHOWS)

// A text as gzip, in base64.
async function packed(text) {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"))
  const bytes = await new Response(stream).blob()
  const reader = new FileReader()
  reader.readAsDataURL(bytes)
  await new Promise((resolve) => (reader.onload = resolve))
  return reader.result.split(",")[1]
}
