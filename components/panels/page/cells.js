// One step of a cell, drawn to scale, by the name of the cell. Each drawing has a wide form and one
// that is folded for a phone.
//
// v: the numbers of the step and the unit. say: the words by name, with the step in them. reach: the
// largest h, c and sum of the run, at least 1; a sum's is the range of the curve too. returned: which
// tensors leave with this step, or later. bend: the activation.

const comma = (numbers) => numbers.map((number) => short(number, 2)).join(", ")

const BENDS = { tanh: Math.tanh, relu: (x) => Math.max(0, x), linear: (x) => x }

// The frame round a step, which is the layer, and the token that it reads.
function layer(s, { say, x, title }) {
  s.text(EDGE, 24, title, "rnn-title", "start")
  s.put(`<rect class="rnn-frame" x="${EDGE - 7}" y="38" width="${s.width - 2 * EDGE + 14}" height="${s.height - 80}" rx="10"/>`)
  s.arrow("rnn-wire", [x, s.height - 8], [x, s.height - 40])
  s.text(x + 9, s.height - 14, say.token, "rnn-note", "start")
}

// The tensors that leave at one edge of the frame, from the right to the left.
function leaving(s, { say, returned, folded }, y, names, right) {
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
  const { say, reach, folded, bend } = scene
  const [wide, half] = [s.wide, s.half]
  const k = half / reach.c
  const one = half / reach.h
  const at = folded
    ? { c0: 22, f: 104, c: 262, h0: 22, x: 104, g: 186, curve: 104, o: 186, h: 268, belt: 142, low: 318, out: 506 }
    : { c0: 37, f: 141, c: 349, h0: 37, x: 141, g: 245, curve: 349, o: 453, h: 557, belt: 149, low: 336, out: 336 }
  const mid = (x) => x + wide / 2
  const wire = at.belt + half + 38
  const added = at.g + Math.max((wide * v.i) / 2, 5)
  const kept = v.f * v.c0
  const right = s.width - EDGE + 7

  layer(s, { say, x: mid(at.x), title: say.title })
  s.row(at.belt, EDGE - 7, right, k, true)
  s.row(at.low, EDGE - 7, folded ? at.g + wide + 8 : right, one, bend !== Math.tanh)
  if (folded) s.row(at.out, at.curve - 12, right, one, bend !== Math.tanh)

  s.lit("i f g o", () => {
    s.band(0, at.h0, at.low, one * v.h0, "h")
    s.kept(at.h0, at.low, one * v.h0, "h")
    s.bars(at.x, at.low, v.x, half / reach.x)
    s.line("rnn-wire", [mid(at.h0), at.low - half - 4], [mid(at.h0), wire], [folded ? at.g + wide + 6 : mid(at.o), wire])
    s.line("rnn-wire", [mid(at.x), at.low - half - 4], [mid(at.x), wire])
    if (!folded) s.text(right - 8, wire - 8, say.sets, "rnn-note", "end")
    s.label(mid(at.h0), at.low + half + 22, `${symbol("h", "t-1")} ${short(v.h0)}`, say.h_before)
    s.label(mid(at.x), at.low + half + 22, symbol("x", "t"), v.x.length > 2 ? say.features : comma(v.x))
  })
  s.lit("f c", () => {
    s.door(at.f, at.belt, v.f, k * v.c0, "c")
    s.label(mid(at.f), at.belt - half - 27, `<tspan class="rnn-name">${symbol("f")} ${short(v.f, 2)}</tspan>`, say.forget)
    s.arrow("rnn-wire", [mid(at.f), wire], [mid(at.f), at.belt + half + 17])
    s.text(mid(at.f) + 7, wire - 9, "σ", "rnn-note", "start")
  })
  s.lit("g c", () => {
    s.door(at.g, at.low, v.i, one * v.g, "h", { knob: -1 })
    s.arrow("rnn-wire", [at.g - 12, wire], [at.g - 12, at.low - 10], [at.g - 2, at.low - 10])
    s.text(at.g - 16, wire + 14, say.bend, "rnn-note", "end")
  })
  s.lit("i c", () => {
    s.slider(at.g, at.low, v.i, -1)
    s.arrow("rnn-wire", [at.g + wide - 10, wire], [at.g + wide - 10, at.low - half - 17])
    s.text(at.g + wide - 4, wire + 14, "σ", "rnn-note", "start")
    const names = `<tspan class="rnn-name">${symbol("i")} ${short(v.i, 2)}</tspan> · ${symbol("g")} ${short(v.g, 2)}`
    s.label(mid(at.g), at.low + half + 22, names, say.input)
  })
  s.lit("c h", () => {
    s.band(0, at.c0, at.belt, k * v.c0, "c")
    s.kept(at.c0, at.belt, k * v.c0, "c")
    s.band(at.c0 + wide, at.f, at.belt, k * v.c0, "c")
    s.band(at.f + wide, at.c, at.belt, k * kept, "c")
    s.ribbon(added, at.low - half - 16, at.belt + 11, k * Math.abs(v.i * v.g), v.i * v.g, "c")
    s.put(`<circle class="rnn-plus" cx="${added}" cy="${at.belt}" r="10"/>`)
    s.text(added, at.belt + 5, "+", "rnn-title")
    s.sum(at.c, at.belt, k * kept, k * v.i * v.g, "c")
    s.band(at.c + wide, s.width, at.belt, k * v.c, "c")
    const above = Math.max(k * kept + 7, 20)
    s.text(at.f + wide + 6, at.belt - Math.min(above, half + 8), `${short(kept)} ${say.kept}`, "rnn-said", "start")
    s.text(added + 14, at.belt + half - 6, `${v.i * v.g < 0 ? "−" : "+"} ${short(Math.abs(v.i * v.g))} ${say.added}`, "rnn-said", "start")
    s.label(mid(at.c0), at.belt - half - 27, `${symbol("c", "t-1")} ${short(v.c0)}`, say.c_before)
    s.label(mid(at.c), at.belt - half - 27, `${symbol("c", "t")} ${short(v.c)}`, folded ? say.c_goes : say.c_now)
    if (!folded) s.label(mid(at.h), at.belt - half - 27, say.c_goes, say.c_sum)
  })
  s.lit("h", () => {
    const range = Math.max(2.5, 1.15 * reach.c)
    const dot = s.curve(at.curve, at.out, v.c, range, bend, one)
    const down = folded ? [[mid(at.c), at.out - half - 42], [dot[0], at.out - half - 42]] : [[mid(at.c), at.low - half - 14], [dot[0], at.low - half - 14]]
    s.line(`rnn-flow rnn-c-${v.c < 0 ? "down" : "up"}`, [mid(at.c), at.belt], ...down, dot)
    const bent = bend(v.c)
    s.line(`rnn-edge rnn-h-${bent < 0 ? "down" : "up"}`, dot, [at.curve + wide, dot[1]])
    s.dot(dot, bent)
    s.band(at.curve + wide, at.o, at.out, one * bent, "h")
    s.band(at.o + wide, at.h, at.out, one * v.h, "h")
    s.kept(at.h, at.out, one * v.h, "h")
    s.band(at.h + wide, s.width, at.out, one * v.h, "h")
    s.label(mid(at.curve), at.out + half + 22, `${say.bend}(${symbol("c", "t")}) ${short(bent)}`, say.bent)
    s.label(mid(at.h), at.out + half + 22, `${symbol("h", "t")} ${short(v.h)}`, say.h_goes)
  })
  s.lit("o h", () => {
    s.door(at.o, at.out, v.o, one * bend(v.c), "h", { knob: -1 })
    const from = folded ? [[at.g + wide + 6, wire], [at.g + wide + 6, at.out - half - 28], [mid(at.o), at.out - half - 28]] : [[mid(at.o), wire]]
    s.arrow("rnn-wire", ...from, [mid(at.o), at.out - half - 17])
    s.text(mid(at.o) + 7, at.out - half - 21, "σ", "rnn-note", "start")
    s.label(mid(at.o), at.out + half + 22, `<tspan class="rnn-name">${symbol("o")} ${short(v.o, 2)}</tspan>`, say.output)
  })
  leaving(s, scene, 20, ["state_c"], right)
  leaving(s, scene, s.height - 20, ["outputs", "state_h"], right)
}

function gru(s, v, scene) {
  const { say, reach, folded, bend } = scene
  const [wide, half] = [s.wide, s.half]
  const one = half / reach.h
  const sums = half / reach.s
  const at = folded
    ? { h0: 22, z: 186, h: 268, x: 22, r: 104, sum: 262, curve: 104, g: 226, belt: 142, low: 318, out: 506 }
    : { h0: 37, z: 453, h: 557, x: 37, r: 141, sum: 245, curve: 349, g: 453, belt: 149, low: 336, out: 336 }
  const mid = (x) => x + wide / 2
  const wire = at.belt + half + 38
  const right = s.width - EDGE + 7
  const wall = at.z + wide * v.z
  const reset = say.resets === "before" ? v.h0 : v.recurrent
  const product = say.resets === "before" ? v.recurrent : v.r * v.recurrent

  layer(s, { say, x: mid(at.x), title: say.title })
  s.row(at.belt, EDGE - 7, right, one, bend !== Math.tanh)

  s.lit("z r g", () => {
    s.bars(at.x, at.low, v.x, half / reach.x)
    s.line("rnn-wire", [mid(at.h0), at.belt + half + 4], [mid(at.h0), wire], [mid(at.z), wire])
    s.line("rnn-wire", [mid(at.x), at.low - half - 4], [mid(at.x), wire])
    s.text(mid(at.h0) + 8, wire - 8, say.sets, "rnn-note", "start")
    s.label(mid(at.x), at.low + half + 22, symbol("x", "t"), v.x.length > 2 ? say.features : comma(v.x))
  })
  s.lit("r g", () => {
    const [kind, scale] = say.resets === "before" ? ["h", one] : ["s", sums]
    s.line("rnn-zero", [at.r, at.low], [at.r + wide, at.low])
    s.door(at.r, at.low, v.r, scale * reset, kind, { knob: -1 })
    s.arrow("rnn-wire", [mid(at.r), wire], [mid(at.r), at.low - half - 17])
    s.text(mid(at.r) + 7, wire + 15, "σ", "rnn-note", "start")
    s.label(mid(at.r), at.low + half + 22, `<tspan class="rnn-name">${symbol("r")} ${short(v.r, 2)}</tspan>`, say.reset)
  })
  s.lit("g", () => {
    s.band(at.r + wide, at.sum, at.low, sums * product, "s")
    s.line("rnn-zero", [at.sum, at.low], [at.sum + wide, at.low])
    s.sum(at.sum, at.low, sums * product, sums * v.inputs, "s")
    s.label(mid(at.sum), at.low + half + 22, `${say.sum} ${short(v.total)}`, say.sum_note)
    const dot = s.curve(at.curve, at.out, v.total, Math.max(2.5, 1.15 * reach.s), bend, one)
    s.row(at.out, at.curve - 4, at.g + wide, one, bend !== Math.tanh)
    const top = at.out - half - 14
    s.line("rnn-flow rnn-s-up", [at.sum + wide, at.low - sums * v.total], [at.sum + wide + 10, at.low - sums * v.total], [at.sum + wide + 10, top], [dot[0], top], dot)
    s.line(`rnn-edge rnn-h-${v.g < 0 ? "down" : "up"}`, dot, [at.curve + wide, dot[1]])
    s.dot(dot, v.g)
    s.band(at.curve + wide, at.g, at.out, one * v.g, "h")
    s.label(mid(at.curve), at.out + half + 22, say.bend, say.bent)
  })
  s.lit("g h", () => {
    s.kept(at.g, at.out, one * v.g, "h")
    s.label(mid(at.g), at.out + half + 22, `${symbol("g")} ${short(v.g)}`, say.candidate)
  })
  s.lit("h z r g", () => {
    s.band(0, at.h0, at.belt, one * v.h0, "h")
    s.kept(at.h0, at.belt, one * v.h0, "h")
    s.label(mid(at.h0), at.belt - half - 27, `${symbol("h", "t-1")} ${short(v.h0)}`, say.h_before)
  })
  s.lit("h", () => {
    s.band(at.h0 + wide, at.z, at.belt, one * v.h0, "h")
    s.ribbon(wall + (wide - wide * v.z) / 2, at.out - half - 22, at.belt + half + 4, one * Math.abs((1 - v.z) * v.g), v.g, "h")
    s.band(at.z + wide, at.h, at.belt, one * v.h, "h")
    s.kept(at.h, at.belt, one * v.h, "h")
    s.band(at.h + wide, s.width, at.belt, one * v.h, "h")
    s.label(mid(at.h), at.belt - half - 27, `${symbol("h", "t")} ${short(v.h)}`, say.h_goes)
    if (!folded) s.label((at.h0 + wide + at.z) / 2, at.belt - half - 27, say.belt, say.belt_note)
  })
  s.lit("z h", () => {
    s.box(at.z, at.belt - half, wide * v.z, 2 * half, "rnn-open")
    s.box(at.z, at.belt, wide * v.z, -one * v.h0, `rnn-kept rnn-h-${v.h0 < 0 ? "down" : "up"}`)
    s.box(wall, at.belt, wide - wide * v.z, -one * v.g, `rnn-kept rnn-h-${v.g < 0 ? "down" : "up"}`)
    s.line("rnn-level", [at.z - 6, at.belt - one * v.h], [at.z + wide + 6, at.belt - one * v.h])
    s.slider(at.z, at.belt, v.z, 1)
    s.arrow("rnn-wire", [mid(at.z), wire], [mid(at.z), at.belt + half + 17])
    s.text(mid(at.z) - 7, wire - 9, "σ", "rnn-note", "end")
    s.label(mid(at.z), at.belt - half - 27, `<tspan class="rnn-name">${symbol("z")} ${short(v.z, 2)}</tspan>`, say.update)
    for (const [line, words] of say.fade.split("\n").entries()) s.text(at.z - 8, at.belt + half - 20 + 15 * line, words, "rnn-note", "end")
  })
  leaving(s, scene, 20, ["outputs", "state_h"], right)
}

function simpleRnn(s, v, scene) {
  const { say, reach, folded, bend } = scene
  const [wide, half] = [s.wide, s.half]
  const one = half / reach.h
  const sums = half / reach.s
  const gap = (s.width - 2 * EDGE - 4 * wide - 6) / 3
  const [h0, sum, curve, h] = [0, 1, 2, 3].map((place) => EDGE + 3 + place * (wide + gap))
  const [row, low] = [160, 330]
  const mid = (x) => x + wide / 2
  const right = s.width - EDGE + 7

  layer(s, { say, x: mid(h0), title: say.title })
  s.row(row, EDGE - 7, right, one, bend !== Math.tanh)
  s.lit("h", () => {
    s.band(0, h0, row, one * v.h0, "h")
    s.kept(h0, row, one * v.h0, "h")
    s.arrow("rnn-wire", [h0 + wide + 2, row + 12], [sum - 3, row + 12])
    s.text((h0 + wide + sum) / 2, row + 28, `${symbol("h")} ${symbol("U")}`, "rnn-note")
    s.bars(h0, low, v.x, half / reach.x)
    s.arrow("rnn-wire", [h0 + wide + 4, low], [mid(sum), low], [mid(sum), row + half + 6])
    s.text(mid(sum) + 7, low - 12, `${symbol("x")} ${symbol("W")}`, "rnn-note", "start")
    s.sum(sum, row, sums * v.recurrent, sums * v.inputs, "s")
    const dot = s.curve(curve, row, v.total, Math.max(2.5, 1.15 * reach.s), bend, one)
    const top = row - half - 8
    s.line("rnn-flow rnn-s-up", [sum + wide, row - sums * v.total], [sum + wide + 8, row - sums * v.total], [sum + wide + 8, top], [dot[0], top], dot)
    s.line(`rnn-edge rnn-h-${v.h < 0 ? "down" : "up"}`, dot, [curve + wide, dot[1]])
    s.dot(dot, v.h)
    s.band(curve + wide, h, row, one * v.h, "h")
    s.kept(h, row, one * v.h, "h")
    s.band(h + wide, s.width, row, one * v.h, "h")
    s.label(mid(h0), row - half - 38, `${symbol("h", "t-1")} ${short(v.h0)}`, say.h_before)
    s.label(mid(sum), row - half - 38, `${say.sum} ${short(v.total)}`, folded ? "" : say.sum_note)
    s.label(mid(curve), row - half - 38, say.bend, say.bent)
    s.label(mid(h), row - half - 38, `${symbol("h", "t")} ${short(v.h)}`, say.h_goes)
    s.label(mid(h0), low + half + 10, symbol("x", "t"), v.x.length > 2 ? say.features : comma(v.x))
  })
  s.label(right - 10, low - 20, say.no_gate, say.no_gate_note, "end")
  leaving(s, scene, 20, ["outputs", "state_h"], right)
}

const CELLS = {
  LSTM: { draw: lstm, form: { width: 680, height: 486 }, folded: { width: 358, height: 652 } },
  GRU: { draw: gru, form: { width: 680, height: 486 }, folded: { width: 358, height: 652 } },
  SimpleRNN: { draw: simpleRnn, form: { width: 472, height: 450 }, folded: { width: 358, height: 450 } },
}
