// A cell at the step and the unit that are looked at: the diagram, and beside it its equations. While it
// is out of sight it does not follow, but for paper.

import { BENDS, DRAWINGS } from "./cells.js"
import { Sheet, plainOf, within } from "./looking.js"
import { filled, flat, piecesOf, reader } from "./numbers.js"
import { playhead } from "../browser/playhead.js"
import { watchSight } from "./sight.js"
import { Sketch } from "./sketch.js"

const FORM = { wide: 72, half: 52 }
const FOLDED = { wide: 62, half: 46 }
const EASE = 200 // ms in which doors and heights move to the next step's

// How the arrays of the sheet are called in the drawings.
const NAMES = {
  c0: "cell_before", c: "cell", h0: "hidden_before", h: "hidden",
  i: "input.value", f: "forget.value", g: "candidate.value", o: "output.value", z: "update.value", r: "reset.value",
}
const SUMS = { inputs: "inputs_and_bias", recurrent: "recurrent_and_bias", total: "total" }

export class Diagram {
  constructor(box) {
    box.innerHTML = '<div class="rnn-cell"><div class="rnn-drawing"></div><div></div></div>'
    const [drawing, lines] = box.firstElementChild.children
    this.box = drawing
    this.sheet = new Sheet(lines)
    this.lines = lines
    for (const event of ["pointerover", "focusin", "click"]) box.addEventListener(event, (happened) => this.point(happened))
    for (const event of ["pointerleave", "focusout"]) box.addEventListener(event, () => this.light(this.held ?? null))
    this.resized = new ResizeObserver(() => this.fold())
    this.resized.observe(box.firstElementChild)
    this.watcher = watchSight(box.firstElementChild, (near) => this.see(near))
    this.print = () => this.settle()
    window.addEventListener("beforeprint", this.print)
    playhead.add(this)
  }

  update(component) {
    const { diagram, sheet } = component.data
    this.sheet.update(component)
    const source = `${this.sheet.source} ${JSON.stringify(diagram)}`
    if (this.source === source) return
    this.source = source
    const sums = Object.entries(SUMS).map(([name, sum]) => [name, `${diagram.block}.${sum}`])
    const given = [...Object.entries(NAMES), ...sums].filter(([, array]) => array in sheet.arrays)
    const size = (most, number) => Math.max(most, Math.abs(number))
    const largest = (...arrays) => arrays.filter((name) => name in sheet.arrays).reduce((most, name) => flat(sheet.arrays[name]).reduce(size, most), 0)
    this.reach = {
      h: Math.max(1, largest("hidden", "candidate.value", "hidden_before")),
      c: Math.max(1, largest("cell", "cell_before")),
      s: Math.max(1, largest(...sums.map(([, array]) => array))),
      x: largest("x") || 1,
    }
    this.cell = diagram
    this.size = { steps: sheet.steps, units: sheet.units }
    this.features = sheet.arrays.x.shape[1]
    this.read = Object.fromEntries(given.map(([name, array]) => [name, reader(sheet.arrays[array])]))
    this.readX = reader(sheet.arrays.x)
    this.token = reader(sheet.arrays.token)
    this.said = piecesOf({ template: diagram.alt, arrays: sheet.arrays })
    this.now = this.place = null
    this.look()
  }

  see(near) {
    this.near = near
    this.look()
  }

  // Draw for paper. The numbers do not ease: a browser prints what is drawn once this has returned.
  settle() {
    this.now = this.place = null
    this.see(true)
  }

  // Draw the step and the unit that are looked at; the numbers ease from those drawn before.
  look() {
    if (!this.read || (this.box.firstChild && !this.near)) return // drawn once, it has its height
    const step = within((playhead.step ?? 1) - 1, this.size.steps - 1) + 1
    const unit = within(playhead.unit, this.size.units - 1)
    if (this.place === `${step} ${unit}`) return
    this.place = `${step} ${unit}`
    const at = { s: step - 1, u: unit }
    const isNext = this.now && step === this.at.step + 1 && unit === this.at.unit
    const to = Object.fromEntries(Object.entries(this.read).map(([name, read]) => [name, read(at)]))
    to.x = Array.from({ length: this.features }, (_, k) => this.readX(at, k))
    // Of the step before, h and c come in as they are; all else eases from one number to the next.
    const from = isNext ? { ...this.now, h0: to.h0, c0: to.c0 } : this.now
    this.at = { step, unit, token: this.token(at) }
    cancelAnimationFrame(this.frame)
    if (!from || matchMedia("(prefers-reduced-motion: reduce)").matches) return this.draw(to)
    const began = performance.now()
    const move = (time) => {
      const part = Math.min(1, Math.max(0, (time - began) / EASE))
      const eased = part * part * (3 - 2 * part)
      const between = (a, b) => a + (b - a) * eased
      this.draw(Object.fromEntries(Object.entries(to).map(([name, number]) => [name, name === "x" ? number.map((one, k) => between(from.x[k] ?? one, one)) : between(from[name], number)])), isNext ? eased : 1)
      if (part < 1) this.frame = requestAnimationFrame(move)
    }
    move(began)
  }

  // The words with the step, the ones before and after it, and the token in them.
  words() {
    const { step, unit, token } = this.at
    const { words } = this.cell
    const first = step === 1
    const last = step === this.size.steps
    const values = { step, unit, token, before: step - 1, after: step + 1, steps: this.size.steps, count: this.features }
    const say = Object.fromEntries(Object.entries(words).map(([name, said]) => [name, said.replace(/\{(\w+)\}/g, (slot, named) => values[named] ?? slot)]))
    if (first) Object.assign(say, { h_before: say.start, c_before: say.start })
    if (last) Object.assign(say, { h_goes: say.h_ends, c_goes: say.c_ends })
    return say
  }

  // came: how far the states of the step before have come in, from 0 to 1.
  draw(values, came = 1) {
    this.now = values
    const { cell, returned, activation } = this.cell
    const isFolded = this.isFolded ?? false
    const { draw, [isFolded ? "folded" : "form"]: form } = DRAWINGS[cell]
    const sketch = new Sketch({ ...(isFolded ? FOLDED : FORM), ...form })
    const last = this.at.step === this.size.steps
    const leaves = Object.fromEntries(
      Object.entries(returned).map(([name, when]) => [name, when === "every" || (when === "last" && last) ? "now" : when && "later"])
    )
    const scene = { say: this.words(), at: form.at, reach: this.reach, returned: leaves, folded: isFolded, bend: BENDS[activation], came }
    draw(sketch, values, scene)
    const described = plainOf(filled(this.said, this.at.step, this.at.unit)).replaceAll('"', "&quot;")
    this.box.innerHTML = sketch.svg(described)
    this.light(this.lighted ?? null)
  }

  fold() {
    if (!this.cell) return
    const em = parseFloat(getComputedStyle(this.box).fontSize)
    const isFolded = this.box.parentElement.clientWidth < (DRAWINGS[this.cell.cell].form.width / 16) * em
    if (isFolded === this.isFolded) return
    this.isFolded = isFolded
    if (this.now) this.draw(this.now)
  }

  // Light what belongs to the equation that is pointed at, or has the focus; a click holds it.
  point({ type, target }) {
    const mark = target.closest("[data-lit]")
    const name = mark?.dataset.lit.split(" ")[0] ?? null
    if (type === "click") this.held = this.held === name ? null : name
    this.light(name ?? this.held ?? null)
  }

  light(name) {
    this.lighted = name
    for (const mark of this.box.querySelectorAll("[data-lit]")) {
      mark.classList.toggle("rnn-dim", name !== null && !mark.dataset.lit.split(" ").includes(name))
    }
    for (const line of this.lines.querySelectorAll("[data-lit]")) line.classList.toggle("rnn-lit", line.dataset.lit === name)
  }

  remove() {
    cancelAnimationFrame(this.frame)
    this.resized.disconnect()
    this.watcher.disconnect()
    window.removeEventListener("beforeprint", this.print)
    this.sheet.remove()
    playhead.remove(this)
  }
}
