// What the diagram of a cell is drawn with, as SVG. Every height is a number, every gate is a sliding
// door: open as far as the gate is, hatched where it is shut.
//
// A mark that belongs to equations has their names in data-lit, its own first: it stays in sight while
// one of these is pointed at.

export const EDGE = 24 // px at both sides of the frame, where numbers come from the step before and leave

// A number in a drawing: three places, or fewer for a large one.
export function short(value, places = 3) {
  const most = Math.abs(value) < 10 ? places : Math.max(0, places - 2)
  return value.toFixed(most).replace("-", "−").replace(/^−(0(?:\.0*)?)$/, "$1")
}

// A symbol of the equations with its index, such as c with t−1.
export function symbol(letter, index = "") {
  const below = index && `<tspan class="rnn-index" dy="3">${index.replace("-", "−")}</tspan><tspan dy="-3">\u200a</tspan>`
  return `<tspan class="rnn-symbol">${letter}</tspan>${below}`
}

export class Sketch {
  // wide: the width of a place, px; half: the height of a 1, px.
  constructor({ width, height, wide, half }) {
    Object.assign(this, { width, height, wide, half, parts: [] })
  }

  // The right edge of the frame.
  get right() {
    return this.width - EDGE + 7
  }

  // The middle of a place.
  mid(x) {
    return x + this.wide / 2
  }

  put(svg) {
    this.parts.push(svg)
  }

  lit(names, ...marks) {
    this.put(`<g data-lit="${names}">`)
    for (const mark of marks) mark()
    this.put("</g>")
  }

  box(x, y, width, height, kind, more = "") {
    const top = Math.min(y, y + height)
    this.put(`<rect class="${kind}" x="${x}" y="${top}" width="${Math.max(width, 0)}" height="${Math.abs(height)}" ${more}/>`)
  }

  line(kind, ...points) {
    this.put(`<polyline class="${kind}" points="${points.join(" ")}"/>`)
  }

  text(x, y, words, kind = "", anchor = "middle") {
    this.put(`<text class="${kind}" x="${x}" y="${y}" text-anchor="${anchor}">${words}</text>`)
  }

  // A name with its number, and below it in smaller letters what it is, line by line.
  label(x, y, title, note = "", anchor = "middle") {
    this.text(x, y, title, "rnn-title", anchor)
    for (const [row, line] of note.split("\n").entries()) this.text(x, y + 17 + 15 * row, line, "rnn-note", anchor)
  }

  // The labels of a place, below it and above it.
  under(x, y, title, note) {
    this.label(this.mid(x), y + this.half + 22, title, note)
  }

  over(x, y, title, note) {
    const lines = note.split("\n").length
    this.label(this.mid(x), y - this.half - 12 - 15 * lines, title, note)
  }

  // The lines of a row of places: 0, and 1 and -1, which are dotted where a number may pass them.
  row(y, x1, x2, one, passes) {
    this.line("rnn-zero", [x1, y], [x2, y])
    const names = one < 7 ? [["±1", 0]] : [["1", -one], ["−1", one]]
    for (const [, away] of names) {
      if (away) this.line(passes ? "rnn-dotted" : "rnn-solid", [x1, y + away], [x2, y + away])
    }
    for (const [name, away] of names) this.text(x1 - 3, y + away + 4, name, "rnn-note", "end")
  }

  // A number that is kept in a place: a block above 0 or below it. kind: "h" or "c", for its colour.
  kept(x, y, height, kind) {
    this.box(x, y, this.wide, -height, `rnn-kept rnn-${kind}-${height < 0 ? "down" : "up"}`)
  }

  // The same number on its way from one place to the next.
  band(x1, x2, y, height, kind) {
    const sign = `rnn-${kind}-${height < 0 ? "down" : "up"}`
    this.box(x1, y, x2 - x1, -height, `rnn-band ${sign}`)
    this.line(`rnn-edge ${sign}`, [x1, y - height], [x2, y - height])
    const middle = (x1 + x2) / 2
    if (x2 - x1 > 14) this.line("rnn-ahead", [middle - 3, y - 5], [middle + 3, y], [middle - 3, y + 5])
  }

  // A gate before a number in a place: what is let through is as wide as the gate is open.
  door(x, y, gate, height, kind, say, knob = 1) {
    const open = this.wide * gate
    const sign = height < 0 ? "down" : "up"
    this.part(x, y, open, height, "rnn-open", say.open)
    this.part(x + open, y, this.wide - open, height, "rnn-shut", say.shut)
    this.box(x, y, open, -height, `rnn-kept rnn-${kind}-${sign}`)
    this.box(x + open, y, this.wide - open, -height, `rnn-lost rnn-${kind}-${sign}`)
    this.slider(x, y, gate, knob)
  }

  // A part of a door, with its word where the number leaves room for it.
  part(x, y, width, height, kind, word) {
    if (kind) this.box(x, y - this.half, width, 2 * this.half, kind)
    if (width > 31) this.text(x + width / 2, height < 0 ? y - this.half + 13 : y + this.half - 5, word, "rnn-part")
  }

  // The edge of a door and the knob that moves it, above (knob -1) or below (1).
  slider(x, y, gate, knob) {
    const at = x + this.wide * gate
    const far = y + knob * (this.half + 9)
    this.line("rnn-track", [x, far], [x + this.wide, far])
    this.line("rnn-gate", [at, y - knob * this.half], [at, far])
    this.put(`<circle class="rnn-knob" cx="${at}" cy="${far}" r="5"/>`)
  }

  // A number on its way up, as wide as it is large.
  ribbon(x, bottom, top, width, sign, kind) {
    const half = Math.max(3, width) / 2
    const tip = Math.min(10, half + 4)
    const points = [[x - half, bottom], [x + half, bottom], [x + half, top + tip], [x, top], [x - half, top + tip]]
    this.put(`<polygon class="rnn-rising rnn-${kind}-${sign < 0 ? "down" : "up"}" points="${points.join(" ")}"/>`)
  }

  // A sum of two numbers in one place, scale px to a 1: layers of one sign are stacked, each with its
  // number where it is high enough; of two signs the larger one is cut by the smaller one, which is
  // outlined.
  sum(x, y, scale, one, other, kind) {
    const [first, second, total] = [scale * one, scale * other, scale * (one + other)]
    if (one * other >= 0) {
      const gap = Math.sign(total) * (Math.abs(first) > 4 && Math.abs(second) > 4 ? 1.5 : 0)
      this.kept(x, y, first, kind)
      this.box(x, y - first - gap, this.wide, -(second - gap), `rnn-kept rnn-${kind}-${total < 0 ? "down" : "up"}`)
      for (const [number, height, below] of [[one, first, 0], [other, second, first]]) {
        if (Math.abs(height) >= 15) this.text(this.mid(x), y - below - height / 2 + 4, short(number), "rnn-layer")
      }
      return
    }
    this.kept(x, y, total, kind)
    const cancelled = Math.abs(first) > Math.abs(second) ? first : second
    this.box(x, y - total, this.wide, -(cancelled - total), `rnn-lost rnn-${kind}-${cancelled < 0 ? "down" : "up"}`)
  }

  // The curve of an activation: the number comes in from above or below at its place on the axis, and
  // leaves at the right at the curve's height. range: the number at the right edge.
  curve(x, y, value, range, bend, one) {
    const middle = x + this.wide / 2
    const at = (number) => middle + (number * this.wide) / 2 / range
    const numbers = Array.from({ length: 81 }, (_, n) => range * (n / 40 - 1)).filter((number) => one * Math.abs(bend(number)) <= this.half)
    this.line("rnn-curve", ...numbers.map((number) => [at(number).toFixed(1), (y - one * bend(number)).toFixed(1)]))
    this.line("rnn-faint", [middle, y - this.half], [middle, y + this.half])
    return [at(value), y - one * bend(value)]
  }

  dot([x, y], sign) {
    this.put(`<circle class="rnn-dot rnn-h-${sign < 0 ? "down" : "up"}" cx="${x}" cy="${y}" r="5"/>`)
  }

  // Several numbers side by side, such as x: bars on one zero line.
  bars(x, y, numbers, one) {
    const wide = Math.min(15, this.wide / numbers.length)
    const left = x + (this.wide - wide * numbers.length) / 2
    this.line("rnn-zero", [x, y], [x + this.wide, y])
    for (const [place, number] of numbers.entries()) this.box(left + wide * place, y, Math.max(wide - 0.5, 0.6 * wide), -one * number, "rnn-bar")
  }

  arrow(kind, ...points) {
    this.line(`${kind} rnn-arrow`, ...points)
  }

  // A tensor that the layer returns: filled where this step's numbers leave with it.
  badge(x, y, name, filled) {
    const wide = 8 * name.length + 14
    this.box(x - wide / 2, y - 12, wide, 22, filled ? "rnn-leaves" : "rnn-later", 'rx="5"')
    this.text(x, y + 4, name, filled ? "rnn-leaving" : "rnn-note")
    return wide
  }

  // As wide as it was drawn where texts have 16 px, and larger with them.
  svg(described) {
    const [width, height] = [this.width, this.height].map((px) => `${px / 16}em`)
    const head = `viewBox="0 0 ${this.width} ${this.height}" width="${width}" height="${height}" role="img" aria-label="${described}"`
    return `<svg ${head}>${DEFINITIONS}${this.parts.join("")}</svg>`
  }
}

const DEFINITIONS =
  '<defs><pattern id="rnn-hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">' +
  '<line class="rnn-hatch" y2="6"/></pattern><marker id="rnn-tip" viewBox="0 0 8 8" refX="7" refY="4" ' +
  'markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path class="rnn-tip" d="M0 0 8 4 0 8z"/></marker></defs>'
