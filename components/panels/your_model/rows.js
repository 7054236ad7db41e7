// A model from top to bottom: a row a layer, with a button that opens it and a picture of what it returned.
// Its steps follow the page's playhead (playhead.js).

import { give } from "../browser/given.js"
import { flat } from "../draw/numbers.js"
import { playhead } from "../browser/playhead.js"
import { movesOf, unwatch, watch } from "./moves.js"

const BARS = 64 // px of the canvas on which a vector's bars are drawn, which CSS stretches
const SHADES = 256 // colours of a scale
const LANE = 12 // px from one line beside the rows to the next
const STANDING = /[\u3040-\u9fff\uac00-\ud7af]/ // letters that stand upright below one another
const STEP = 24 // px between two chips, at most, that a straight line joins
const NARROWEST = 9 // px of a column that has its word above it

export default function ({ data, parentElement, setTriggerValue }) {
  const box = parentElement.querySelector(".rnn-model")
  give(parentElement, "your_model/rows.js", data)
  box.own ??= new Model(box)
  box.own.update(data, setTriggerValue)
  return () => {
    if (!parentElement.isConnected) box.own.remove()
  }
}

const made = (kind, name, text = "") => {
  const element = document.createElement(kind)
  if (name) element.className = name
  element.textContent = text
  return element
}

class Model {
  near = true // as the playhead asks of a chart: it takes up the page's top
  steps = 0

  constructor(box) {
    this.box = box
    this.resizer = new ResizeObserver(() => this.place())
    this.resizer.observe(box)
    this.marker = () => this.markMoves()
    watch(this.marker)
    playhead.add(this)
  }

  update(data, setTriggerValue) {
    const focused = this.box.contains(document.activeElement) && document.activeElement.dataset.layer
    this.data = data
    this.choose = (layer) => {
      setTriggerValue("layer", layer)
      this.led = layer
    }
    this.steps = data.words.length
    this.box.style.setProperty("--columns", this.steps || 1)
    this.box.style.setProperty("--lanes", `${data.lanes * LANE}px`)
    this.box.style.setProperty("--high", `${Math.max(0, ...data.words.map(({ said }) => said.length))}ch`)
    this.lines = document.createElementNS("http://www.w3.org/2000/svg", "svg")
    this.lines.setAttribute("aria-hidden", "true")
    this.tip = made("div", "rnn-model-tip")
    this.tip.hidden = true
    this.buttons = []
    this.box.replaceChildren(this.lines, this.words(), this.list(), this.tip)
    if (focused) this.buttons.find(({ dataset }) => dataset.layer === focused)?.focus({ preventScroll: true })
    this.place()
    this.look()
    this.markMoves()
    this.lead()
  }

  markMoves() {
    if (!this.data) return
    const moves = this.data.marked ? movesOf(this.data.words.map(({ said }) => said)) : []
    for (const [at, head] of [...this.heads.children].entries()) {
      head.style.setProperty("--moves", `${Math.round(100 * Math.abs(moves[at] ?? 0))}%`)
      head.classList.toggle("rnn-lowers", moves[at] < 0)
    }
  }

  // Once a layer that was clicked is open, what is in it comes into sight, below.
  lead() {
    if (!this.data.rows.some(({ id, open }) => open && id === this.led)) return
    this.led = null
    const gently = window.matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth"
    document.querySelector(".st-key-model_inside")?.scrollIntoView({ behavior: gently })
  }

  remove() {
    this.resizer.disconnect()
    unwatch(this.marker)
    playhead.remove(this)
  }

  words() {
    const row = made("div", "rnn-model-words")
    row.setAttribute("aria-hidden", "true") // the sentence stands in its field
    for (const { said, kind } of this.data.words) {
      const word = made("span", kind && `rnn-${kind}`, said)
      word.classList.toggle("rnn-stands", STANDING.test(said))
      row.append(word)
    }
    this.heads = row
    this.listen(row, null)
    return row
  }

  list() {
    const list = made("ol")
    this.rows = this.data.rows.map((layer) => {
      const row = made("li", layer.why ? "rnn-blocked" : "")
      row.style.setProperty("--depth", layer.depth)
      row.append(this.chip(layer), this.out(layer))
      return row
    })
    list.append(...this.rows)
    return list
  }

  chip(layer) {
    const chip = made(layer.opens ? "button" : "div", "rnn-model-chip")
    const [name, kind] = [made("b", "", layer.name), made("span", "rnn-kind", layer.kind)]
    name.lang = kind.lang = "en" // names in code
    chip.append(name, kind, made("i"), made("code", "", layer.shape))
    if (layer.size) chip.append(made("small", "", layer.size))
    chip.style.setProperty("--share", `${100 * layer.share}%`)
    if (!layer.opens) return chip
    chip.type = "button"
    chip.dataset.layer = layer.id
    chip.setAttribute("aria-pressed", layer.open)
    chip.addEventListener("click", () => this.choose(layer.id))
    this.buttons.push(chip)
    return chip
  }

  out(layer) {
    const out = made("div", "rnn-model-out")
    for (const said of [layer.why, layer.told]) if (said) out.append(made("p", "", said))
    for (const picture of layer.pictures) out.append(picture.numbers ? numbers(picture) : this.picture(picture, layer.follows))
    return out
  }

  // follows: whether its steps are those of the words.
  picture(picture, follows) {
    picture.follows = follows && picture.kind === "steps" && picture.columns === this.steps
    const figure = made("div", `rnn-model-${picture.kind}`)
    const frame = made("div", "rnn-model-cells")
    const shown = picture.written ? ids(picture) : made("canvas")
    if (!picture.written) draw(shown, picture)
    figure.setAttribute("role", "img")
    figure.setAttribute("aria-label", picture.alt)
    frame.style.setProperty("--own", picture.columns)
    frame.style.height = `${picture.height / 16}rem` // larger where all texts are
    frame.classList.toggle("rnn-follows", picture.follows)
    frame.classList.toggle("rnn-spaced", picture.columns <= 40)
    frame.classList.toggle("rnn-dim", picture.dim)
    frame.append(shown)
    const over = (name, column, from = 0, to = 1) => {
      const box = made("i", name)
      box.style.cssText = `left: ${(100 * column) / picture.columns}%; width: ${100 / picture.columns}%;
        top: ${100 * from}%; height: ${100 * (to - from)}%`
      frame.append(box)
    }
    for (const column of picture.masked) over("rnn-model-masked", column)
    for (const place of picture.framed) over("rnn-model-frame", ...place)
    figure.append(frame, made("small", "", picture.note))
    this.listen(frame, picture)
    return figure
  }

  // The playhead follows the pointer over all that has the sentence's steps; a click holds the step.
  listen(element, picture) {
    const at = (event) => {
      const { left, top, width, height } = element.getBoundingClientRect()
      const columns = picture?.columns ?? this.steps
      const column = Math.min(columns - 1, Math.max(0, Math.floor(((event.clientX - left) / width) * columns)))
      const down = Math.min(0.999, Math.max(0, (event.clientY - top) / height))
      return { column, row: picture && Math.floor(down * picture.rows) }
    }
    const follows = !picture || picture.follows
    element.addEventListener("pointerenter", () => (playhead.used = this))
    element.addEventListener("pointermove", (event) => {
      const place = at(event)
      if (follows) playhead.point(place.column + 1, this)
      if (picture) this.say(picture, place, event)
    })
    element.addEventListener("pointerleave", () => {
      playhead.leave(this)
      this.tip.hidden = true
    })
    if (!follows) return
    element.addEventListener("click", (event) => {
      playhead.pause()
      playhead.hold({ step: at(event).column + 1 })
    })
  }

  // The number under the pointer, in words beside it.
  say(picture, { column, row }, event) {
    const { values } = picture
    const isVector = picture.kind === "vector"
    const value = flat(values)[isVector ? column : row * picture.columns + column]
    const word = picture.follows ? this.data.words[column].said : ""
    const places = isVector ? [this.data.said.unit.replace("{}", column)] : [
      [this.data.said.step.replace("{}", column + 1), word].filter(Boolean).join(" "),
      ...(picture.rows > 1 ? [this.data.said.unit.replace("{}", row)] : []),
    ]
    const number = Number(value.toPrecision(4)).toString().replace("-", "−")
    this.tip.textContent = `${places.join(" · ")}: ${number}`
    this.tip.hidden = false
    const { left, top, width } = this.box.getBoundingClientRect()
    const x = Math.min(event.clientX - left + 14, width - this.tip.offsetWidth)
    this.tip.style.transform = `translate(${x}px, ${event.clientY - top + 18}px)`
  }

  look() {
    const { step } = playhead
    const shown = step !== null && step >= 1 && step <= this.steps
    this.box.classList.toggle("rnn-at", shown)
    if (shown) this.box.style.setProperty("--at", step - 1)
    for (const [at, head] of [...this.heads.children].entries()) head.classList.toggle("rnn-here", shown && at === step - 1)
  }

  // What depends on the width: how the words stand, and the lines from layer to layer.
  place() {
    if (!this.data || !this.box.clientWidth) return
    const { clientWidth: width } = this.heads
    const column = width / Math.max(1, this.steps)
    this.heads.classList.remove("rnn-upright")
    const wide = [...this.heads.children].some((head) => head.scrollWidth > head.clientWidth + 1)
    this.heads.classList.toggle("rnn-upright", wide)
    this.heads.hidden = column < NARROWEST || !this.steps
    this.connect()
  }

  connect() {
    const box = this.box.getBoundingClientRect()
    const place = (row) => {
      const chip = this.rows[row].firstChild.getBoundingClientRect()
      return { left: chip.left - box.left, top: chip.top - box.top, bottom: chip.bottom - box.top }
    }
    const paths = this.data.edges.map(([from, to, lane]) => {
      const [above, below] = [place(from), place(to)]
      // On a phone a layer's picture stands between them.
      if (lane === 0) return below.top - above.bottom < STEP ? `M${above.left + 24} ${above.bottom}V${below.top}` : ""
      const x = Math.max(2, Math.min(above.left, below.left) - lane * LANE + 4)
      const [start, end] = [above.bottom - 10, below.top + 10]
      return `M${above.left} ${start}H${x + 6}Q${x} ${start} ${x} ${start + 6}V${end - 6}Q${x} ${end} ${x + 6} ${end}H${below.left}`
    })
    this.lines.innerHTML = paths.map((path) => `<path d="${path}"/>`).join("")
  }
}

function numbers(picture) {
  const list = made("div", "rnn-model-numbers")
  for (const { value, part } of picture.numbers) {
    const number = made("div")
    number.append(made("b", "", value))
    if (part !== null) number.style.setProperty("--part", `${100 * part}%`)
    number.classList.toggle("rnn-part", part !== null)
    list.append(number)
  }
  return list
}

// Whole numbers, each in its cell.
function ids(picture) {
  const row = made("div", "rnn-model-ids")
  row.append(...picture.written.map((id) => made("span", id === "0" ? "rnn-pad" : "", id)))
  return row
}

const scales = new Map() // the shades of a scale, by its stops as text

function shadesOf(stops) {
  const key = JSON.stringify(stops)
  if (!scales.has(key)) scales.set(key, Array.from({ length: SHADES }, (_, at) => shade(stops, at / (SHADES - 1))))
  return scales.get(key)
}

function shade(stops, at) {
  const next = Math.max(1, stops.findIndex(([place]) => place >= at))
  const [[low, one], [high, other]] = [stops[next - 1], stops[next]]
  const part = (at - low) / (high - low)
  return one.map((channel, n) => channel + (other[n] - channel) * part)
}

// A pixel a number, or for a vector a column of pixels a bar; CSS enlarges them.
function draw(canvas, picture) {
  const { rows, columns, high, low } = picture
  const values = flat(picture.values)
  const shades = shadesOf(picture.scale)
  const isVector = picture.kind === "vector"
  canvas.width = columns
  canvas.height = isVector ? BARS : rows
  const image = new ImageData(canvas.width, canvas.height)
  const paint = (x, y, value) => {
    const at = Math.min(1, Math.max(0, (value - low) / (high - low)))
    image.data.set(shades[Math.round(at * (SHADES - 1))], 4 * (y * columns + x))
  }
  const line = (value) => Math.round(((high - value) / (high - low)) * (BARS - 1))
  values.forEach((value, place) => {
    if (!isVector) return paint(place % columns, Math.floor(place / columns), value)
    const [top, end] = [line(Math.max(0, value)), line(Math.min(0, value))]
    for (let y = top; y <= end; y++) paint(place, y, value || high / 8)
  })
  canvas.getContext("2d").putImageData(image, 0, 0)
}
