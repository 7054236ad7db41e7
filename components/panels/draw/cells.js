// One step of a cell, drawn to scale, by the name of the cell. Each drawing has a wide form and one
// that is folded for a phone; `at` says where in it the places and the rows are.
//
// v: the numbers of the step and the unit. say: the words by name, with the step in them. reach: the
// largest h, c and sum of the run, at least 1; a sum's is the range of the curve too. returned: which
// tensors leave with this step, or later. bend: the activation. came: how far, from 0 to 1, the states
// of the step before have come in.

import { EDGE, short, symbol } from "./sketch.js"

const comma = (numbers) => numbers.map((number) => short(number, 2)).join(", ")
const gate = (letter, value) => `<tspan class="rnn-name">${symbol(letter)} ${short(value, 2)}</tspan>`

export const BENDS = { tanh: Math.tanh, relu: (x) => Math.max(0, x), linear: (x) => x }

// The frame round a step, which is the layer, and the token that it reads.
function layer(s, { say }, x) {
  s.text(EDGE, 24, say.title, "rnn-title", "start")
  s.put(`<rect class="rnn-frame" x="${EDGE - 7}" y="38" width="${s.right - EDGE + 7}" height="${s.height - 80}" rx="10"/>`)
  s.arrow("rnn-wire", [s.mid(x), s.height - 8], [s.mid(x), s.height - 40])
  s.text(s.mid(x) + 9, s.height - 14, say.token, "rnn-note", "start")
}

// A state of the step before, which comes in at the left edge.
function before(s, { came }, x, y, height, kind) {
  s.band(0, x, y, height, kind)
  s.kept(came * x - (1 - came) * s.wide, y, height, kind)
}

// What is read, as bars.
function reads(s, v, { say, reach }, x, y) {
  s.bars(x, y, v.x, s.half / reach.x)
  s.under(x, y, symbol("x", "t"), v.x.length > 2 ? say.features : comma(v.x))
}

// A wire to a gate, with the sigmoid on it at (x, y).
function sigma(s, points, x, y, anchor = "start") {
  s.arrow("rnn-wire", ...points)
  s.text(x, y, "σ", "rnn-note", anchor)
}

// A number on its way through the activation: along `way` and the height `top` to its place on the
// curve's axis, and out at the right.
function activated(s, number, { bend, reach }, [x, y], range, kind, way, top) {
  const dot = s.curve(x, y, number, Math.max(2.5, 1.15 * range), bend, s.half / reach.h)
  s.line(`rnn-flow rnn-${kind}-${number < 0 ? "down" : "up"}`, ...way, [way.at(-1)[0], top], [dot[0], top], dot)
  s.line(`rnn-edge rnn-h-${bend(number) < 0 ? "down" : "up"}`, dot, [x + s.wide, dot[1]])
  s.dot(dot, bend(number))
}

// The tensors that leave at one edge of the frame, from the right to the left.
function leaving(s, { say, returned, folded }, y, names) {
  let right = s.right
  for (const name of names) {
    if (!returned[name]) continue
    const now = returned[name] === "now"
    const wide = s.badge(right - 4 * name.length - 7, y, name, now)
    right -= wide + 8
    if (now || (folded && names.length > 1)) continue
    s.text(right + 2, y + 4, say.later, "rnn-note", "end")
    right -= 92
  }
}

function lstm(s, v, scene) {
  const { at, reach, folded, bend } = scene
  const one = s.half / reach.h
  const passes = bend !== Math.tanh
  const wire = at.belt + s.half + 38
  layer(s, scene, at.x)
  s.row(at.belt, EDGE - 7, s.right, s.half / reach.c, true)
  s.row(at.low, EDGE - 7, folded ? at.g + s.wide + 8 : s.right, one, passes)
  if (folded) s.row(at.out, at.curve - 12, s.right, one, passes)
  lstmCandidate(s, v, scene, one, wire)
  lstmMemory(s, v, scene, wire)
  lstmOutput(s, v, scene, one, wire)
  leaving(s, scene, 20, ["state_c"])
  leaving(s, scene, s.height - 20, ["outputs", "state_h"])
}

// The lower row: what sets the gates, and the candidate behind the input gate.
function lstmCandidate(s, v, scene, one, wire) {
  const { at, say, folded } = scene
  s.lit("i f g o", () => {
    before(s, scene, at.h0, at.low, one * v.h0, "h")
    reads(s, v, scene, at.x, at.low)
    s.line("rnn-wire", [s.mid(at.h0), at.low - s.half - 4], [s.mid(at.h0), wire], [folded ? at.g + s.wide + 6 : s.mid(at.o), wire])
    s.line("rnn-wire", [s.mid(at.x), at.low - s.half - 4], [s.mid(at.x), wire])
    if (!folded) s.text(s.right - 8, wire - 8, say.sets, "rnn-note", "end")
    s.under(at.h0, at.low, `${symbol("h", "t-1")} ${short(v.h0)}`, say.h_before)
  })
  s.lit("g c", () => {
    s.door(at.g, at.low, v.i, one * v.g, "h", say, -1)
    s.arrow("rnn-wire", [at.g - 12, wire], [at.g - 12, at.low - 10], [at.g - 2, at.low - 10])
    s.text(at.g - 16, wire + 14, say.bend, "rnn-note", "end")
  })
  s.lit("i c", () => {
    const right = at.g + s.wide
    s.slider(at.g, at.low, v.i, -1)
    sigma(s, [[right - 10, wire], [right - 10, at.low - s.half - 17]], right - 4, wire + 14)
    s.under(at.g, at.low, `${gate("i", v.i)} · ${symbol("g")} ${short(v.g, 2)}`, say.input)
  })
}

// The belt: c through the forget gate, and what is added to it.
function lstmMemory(s, v, scene, wire) {
  const { at, say, reach, folded } = scene
  const k = s.half / reach.c
  const kept = v.f * v.c0
  const news = v.i * v.g
  const added = at.g + Math.max((s.wide * v.i) / 2, 5)
  s.lit("f c", () => {
    s.door(at.f, at.belt, v.f, k * v.c0, "c", say)
    s.over(at.f, at.belt, gate("f", v.f), say.forget)
    sigma(s, [[s.mid(at.f), wire], [s.mid(at.f), at.belt + s.half + 17]], s.mid(at.f) + 7, wire - 9)
  })
  s.lit("c h", () => {
    before(s, scene, at.c0, at.belt, k * v.c0, "c")
    s.band(at.c0 + s.wide, at.f, at.belt, k * v.c0, "c")
    s.band(at.f + s.wide, at.c, at.belt, k * kept, "c")
    s.ribbon(added, at.low - s.half - 16, at.belt + 11, k * Math.abs(news), news, "c")
    s.put(`<circle class="rnn-plus" cx="${added}" cy="${at.belt}" r="10"/>`)
    s.text(added, at.belt + 5, "+", "rnn-title")
    s.sum(at.c, at.belt, k, kept, news, "c")
    s.band(at.c + s.wide, s.width, at.belt, k * v.c, "c")
    const above = Math.max(k * kept + 7, 20)
    s.text(at.f + s.wide + 6, at.belt - Math.min(above, s.half + 8), `${short(kept)} ${say.kept}`, "rnn-said", "start")
    s.text(added + 14, at.belt + s.half - 6, news < 0 ? `+ (${short(news)})` : `+ ${short(news)}`, "rnn-said", "start")
    s.over(at.c0, at.belt, `${symbol("c", "t-1")} ${short(v.c0)}`, say.c_before)
    s.over(at.c, at.belt, `${symbol("c", "t")} ${short(v.c)}`, folded ? say.c_goes : say.c_now)
    if (!folded) s.over(at.h, at.belt, say.c_goes, say.c_sum)
  })
}

// The way out: c through the activation and the output gate.
function lstmOutput(s, v, scene, one, wire) {
  const { at, say, reach, folded, bend } = scene
  const bent = bend(v.c)
  s.lit("h", () => {
    const top = at.out - s.half - (folded ? 42 : 14)
    activated(s, v.c, scene, [at.curve, at.out], reach.c, "c", [[s.mid(at.c), at.belt]], top)
    s.band(at.curve + s.wide, at.o, at.out, one * bent, "h")
    s.band(at.o + s.wide, at.h, at.out, one * v.h, "h")
    s.kept(at.h, at.out, one * v.h, "h")
    s.band(at.h + s.wide, s.width, at.out, one * v.h, "h")
    s.under(at.curve, at.out, `${say.bend}(${symbol("c", "t")}) ${short(bent)}`, say.bent)
    s.under(at.h, at.out, `${symbol("h", "t")} ${short(v.h)}`, say.h_goes)
  })
  s.lit("o h", () => {
    s.door(at.o, at.out, v.o, one * bent, "h", say, -1)
    const [top, turn] = [at.out - s.half, at.g + s.wide + 6]
    const way = folded ? [[turn, wire], [turn, top - 28], [s.mid(at.o), top - 28]] : [[s.mid(at.o), wire]]
    sigma(s, [...way, [s.mid(at.o), top - 17]], s.mid(at.o) + 7, top - 21)
    s.under(at.o, at.out, gate("o", v.o), say.output)
  })
}

function gru(s, v, scene) {
  const { at, reach, bend } = scene
  const one = s.half / reach.h
  const wire = at.belt + s.half + 38
  layer(s, scene, at.x)
  s.row(at.belt, EDGE - 7, s.right, one, bend !== Math.tanh)
  gruCandidate(s, v, scene, one, wire)
  gruMix(s, v, scene, one, wire)
  leaving(s, scene, 20, ["outputs", "state_h"])
}

// The lower row: what sets the gates, and the candidate made with the reset gate.
function gruCandidate(s, v, scene, one, wire) {
  const { at, say, reach, bend } = scene
  const sums = s.half / reach.s
  s.lit("z r g", () => {
    reads(s, v, scene, at.x, at.low)
    s.line("rnn-wire", [s.mid(at.h0), at.belt + s.half + 4], [s.mid(at.h0), wire], [s.mid(at.z), wire])
    s.line("rnn-wire", [s.mid(at.x), at.low - s.half - 4], [s.mid(at.x), wire])
    s.text(s.mid(at.h0) + 8, wire - 8, say.sets, "rnn-note", "start")
  })
  const isBefore = say.resets === "before"
  const product = isBefore ? v.recurrent : v.r * v.recurrent
  s.lit("r g", () => {
    s.line("rnn-zero", [at.r, at.low], [at.r + s.wide, at.low])
    s.door(at.r, at.low, v.r, isBefore ? one * v.h0 : sums * v.recurrent, isBefore ? "h" : "s", say, -1)
    sigma(s, [[s.mid(at.r), wire], [s.mid(at.r), at.low - s.half - 17]], s.mid(at.r) + 7, wire + 15)
    s.under(at.r, at.low, gate("r", v.r), say.reset)
  })
  s.lit("g", () => {
    s.band(at.r + s.wide, at.sum, at.low, sums * product, "s")
    s.line("rnn-zero", [at.sum, at.low], [at.sum + s.wide, at.low])
    s.sum(at.sum, at.low, sums, product, v.inputs, "s")
    s.under(at.sum, at.low, `${say.sum} ${short(v.total)}`, say.sum_note)
    s.row(at.out, at.curve - 4, at.g + s.wide, one, bend !== Math.tanh)
    const [x, y] = [at.sum + s.wide, at.low - sums * v.total]
    activated(s, v.total, scene, [at.curve, at.out], reach.s, "s", [[x, y], [x + 10, y]], at.out - s.half - 14)
    s.band(at.curve + s.wide, at.g, at.out, one * v.g, "h")
    s.under(at.curve, at.out, say.bend, say.bent)
  })
  s.lit("g h", () => {
    s.kept(at.g, at.out, one * v.g, "h")
    s.under(at.g, at.out, `${symbol("g")} ${short(v.g)}`, say.candidate)
  })
}

// The belt: the old h and the candidate, mixed as the update gate says.
function gruMix(s, v, scene, one, wire) {
  const { at, say, folded } = scene
  const open = s.wide * v.z
  const wall = at.z + open
  s.lit("h z r g", () => {
    before(s, scene, at.h0, at.belt, one * v.h0, "h")
    s.over(at.h0, at.belt, `${symbol("h", "t-1")} ${short(v.h0)}`, say.h_before)
  })
  s.lit("h", () => {
    s.band(at.h0 + s.wide, at.z, at.belt, one * v.h0, "h")
    s.ribbon(wall + (s.wide - open) / 2, at.out - s.half - 22, at.belt + s.half + 4, one * Math.abs((1 - v.z) * v.g), v.g, "h")
    s.band(at.z + s.wide, at.h, at.belt, one * v.h, "h")
    s.kept(at.h, at.belt, one * v.h, "h")
    s.band(at.h + s.wide, s.width, at.belt, one * v.h, "h")
    s.over(at.h, at.belt, `${symbol("h", "t")} ${short(v.h)}`, say.h_goes)
    if (!folded) s.label((at.h0 + s.wide + at.z) / 2, at.belt - s.half - 27, say.belt, say.belt_note)
  })
  s.lit("z h", () => {
    s.part(at.z, at.belt, open, one * v.h0, "rnn-open", say.open)
    s.part(wall, at.belt, s.wide - open, one * v.g, "", say.shut)
    s.box(at.z, at.belt, open, -one * v.h0, `rnn-kept rnn-h-${v.h0 < 0 ? "down" : "up"}`)
    s.box(wall, at.belt, s.wide - open, -one * v.g, `rnn-kept rnn-h-${v.g < 0 ? "down" : "up"}`)
    s.line("rnn-level", [at.z - 6, at.belt - one * v.h], [at.z + s.wide + 6, at.belt - one * v.h])
    s.slider(at.z, at.belt, v.z, 1)
    sigma(s, [[s.mid(at.z), wire], [s.mid(at.z), at.belt + s.half + 17]], s.mid(at.z) - 7, wire - 9, "end")
    s.over(at.z, at.belt, gate("z", v.z), say.update)
    const top = at.belt + (v.h0 < 0 ? 13 - s.half : s.half - 20) // on the side of 0 that the old h leaves free
    for (const [line, words] of say.fade.split("\n").entries()) s.text(at.z - 8, top + 15 * line, words, "rnn-note", "end")
  })
}

function simpleRnn(s, v, scene) {
  const { at, say, reach, folded, bend } = scene
  const one = s.half / reach.h
  const sums = s.half / reach.s
  layer(s, scene, at.h0)
  s.row(at.belt, EDGE - 7, s.right, one, bend !== Math.tanh)
  s.lit("h", () => {
    const said = (x, title, note) => s.label(s.mid(x), at.said, title, note)
    before(s, scene, at.h0, at.belt, one * v.h0, "h")
    said(at.h0, `${symbol("h", "t-1")} ${short(v.h0)}`, say.h_before)
    s.arrow("rnn-wire", [at.h0 + s.wide + 2, at.belt + 12], [at.sum - 3, at.belt + 12])
    s.text((at.h0 + s.wide + at.sum) / 2, at.belt + 28, `${symbol("h")} ${symbol("U")}`, "rnn-note")
    reads(s, v, scene, at.h0, at.low)
    s.arrow("rnn-wire", [at.h0 + s.wide + 4, at.low], [s.mid(at.sum), at.low], [s.mid(at.sum), at.belt + s.half + 6])
    s.text(s.mid(at.sum) + 7, at.low - 12, `${symbol("x")} ${symbol("W")}`, "rnn-note", "start")
    s.sum(at.sum, at.belt, sums, v.recurrent, v.inputs, "s")
    said(at.sum, `${say.sum} ${short(v.total)}`, folded ? "" : say.sum_note)
    const [x, y] = [at.sum + s.wide, at.belt - sums * v.total]
    activated(s, v.total, scene, [at.curve, at.belt], reach.s, "s", [[x, y], [x + 8, y]], at.belt - s.half - 8)
    said(at.curve, say.bend, say.bent)
    s.band(at.curve + s.wide, at.h, at.belt, one * v.h, "h")
    s.kept(at.h, at.belt, one * v.h, "h")
    s.band(at.h + s.wide, s.width, at.belt, one * v.h, "h")
    said(at.h, `${symbol("h", "t")} ${short(v.h)}`, say.h_goes)
  })
  s.label(s.right - 10, at.low - 20, say.no_gate, say.no_gate_note, "end")
  leaving(s, scene, 20, ["outputs", "state_h"])
}

export const DRAWINGS = {
  LSTM: {
    draw: lstm,
    form: { width: 680, height: 502, at: { c0: 37, f: 141, c: 349, h0: 37, x: 141, g: 245, curve: 349, o: 453, h: 557, belt: 149, low: 336, out: 336 } },
    folded: { width: 358, height: 664, at: { c0: 22, f: 104, c: 262, h0: 22, x: 104, g: 186, curve: 104, o: 186, h: 268, belt: 142, low: 318, out: 518 } },
  },
  GRU: {
    draw: gru,
    form: { width: 680, height: 502, at: { h0: 37, z: 453, h: 557, x: 37, r: 141, sum: 245, curve: 349, g: 453, belt: 149, low: 336, out: 336 } },
    folded: { width: 358, height: 652, at: { h0: 22, z: 180, h: 268, x: 22, r: 104, sum: 262, curve: 104, g: 226, belt: 142, low: 318, out: 506 } },
  },
  SimpleRNN: {
    draw: simpleRnn,
    form: { width: 472, height: 466, at: { h0: 27, sum: 142, curve: 258, h: 373, said: 70, belt: 160, low: 316 } },
    folded: { width: 358, height: 466, at: { h0: 27, sum: 108, curve: 188, h: 269, said: 70, belt: 160, low: 316 } },
  },
}
