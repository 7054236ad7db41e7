// Makes a figure fit its chart: in the page's colours and font, with texts, ticks and numbers that are made
// smaller, cut or left out where they do not fit. Draws nothing.

const APART = 4 // px between two texts, at least
const BETWEEN_STATES = 1.2 // from one last state to the next, in widths of a cell
const NARROW = 480 // px of a chart, on a phone
const INK = "rgb(20, 25, 31)" // of frames and badges, as picture.py has it: here the page's own
const ROUND = [1, 2, 3, 4, 5, 10, 20, 50, 100] // allowed numbers of steps from one tick to the next

// A figure's traces and layout, made to fit: as wide and high, with texts of the first of the sizes
// that fits, in the page's style.
export function fitted(traces, given, { width, height, sizes, style }) {
  const layout = { ...theme(structuredClone(given), style, sizes[0]), width, height } // Plotly writes zooms into it
  if (width < NARROW) layout.annotations = layout.annotations?.map((label) => ({ ...label, text: narrowed(label, layout) }))
  layout.margin = { ...layout.margin, l: leftMargin(layout) }
  for (const [name, axis] of Object.entries(layout)) {
    if (!name.startsWith("xaxis")) continue
    if (isNamed(axis)) layout[name] = cut(axis, layout, sizes)
    else if (axis.tickvals && (name === "xaxis" || axis.matches)) layout[name] = thinned(axis, layout, sizes)
  }
  layout.annotations = clear(layout, sizes)
  if (!layout.meta?.film) traces = [...traces, ...traces.flatMap((trace) => numbersOn(trace, layout))]
  traces = traces.map(repeated).map((trace) => lettered(trace, layout))
  const numbers = traces.filter((trace) => trace.meta?.numbers)
  const written = fittingNumbers(numbers, layout, sizes)
  return { layout, traces: traces.map((trace) => (numbers.includes(trace) ? sized(trace, written, layout) : trace)) }
}

// A heatmap with both texts of its hover labels for each cell, as Plotly takes them. The figure has one
// row, or one column, of those that are the same in all.
export function repeated(trace) {
  const { type, customdata, text } = trace
  if (type !== "heatmap" || !customdata || !text) return trace
  const all = (words, row) => words[words.length === 1 ? 0 : row]
  const across = (row) => (row.length === 1 ? Array(customdata[0].length).fill(row[0]) : row)
  const rows = [...text.keys()]
  return { ...trace, customdata: rows.map((row) => all(customdata, row)), text: text.map(across) }
}

// Letters above the columns, made smaller where these are narrow: unlike numbers they are never left out.
function lettered(trace, layout) {
  const { letters } = trace.meta ?? {}
  if (!letters) return trace
  const widest = Math.max(...trace.text.map((text) => wide(text, layout.font, letters)))
  const size = letters * Math.min(1, (pitch(layout.xaxis, layout) - APART) / widest)
  return { ...trace, textfont: { ...trace.textfont, size } }
}

const FLOATS = { f4: Float32Array, f8: Float64Array } // as Plotly names them

// The rows of a heatmap's values: lists, or base64 as Plotly takes it.
function rowsOf(values) {
  if (!values.bdata) return values
  const flat = new FLOATS[values.dtype](Uint8Array.from(atob(values.bdata), (letter) => letter.charCodeAt(0)).buffer)
  const [rows, columns] = values.shape.split(",").map(Number)
  return Array.from({ length: rows }, (_, row) => [...flat.subarray(row * columns, (row + 1) * columns)])
}

// A number with so many decimals, as picture.py writes it: ≈0 for one that would read as 0 but is not. Nothing for
// NaN or infinity, as of a masked score.
export function fixed(value, places) {
  if (!Number.isFinite(value)) return ""
  const said = value.toFixed(places)
  if (Number(said) === 0) return value === 0 ? "0" : "≈0"
  return said.replace("-", "−")
}

// Decimals, so many fewer, as picture.py has them: at least one of any, as 0.3 is not nothing beside 1.2.
const fewer = (places, less) => Math.max(Math.min(places, 1), places - less)

const LEAST_CELL = [14, 14] // px: no number fits a cell of less

// The numbers on a heatmap's cells, if it asks for them and its cells are not too small for any. Its
// columns are given by their middles or by their edges, its rows by their edges.
export function numbersOn(trace, layout) {
  const { written: how } = trace.meta ?? {}
  if (!how) return []
  const [places, strong] = how
  const rows = rowsOf(trace.z)
  const [x, y] = [trace.x, trace.y].map((at, axis) => {
    const isEdges = at.length > (axis ? rows.length : rows[0].length)
    return isEdges ? at.slice(1).map((edge, index) => (edge + at[index]) / 2) : at
  })
  const across = trace.x.length > x.length ? trace.x[1] - trace.x[0] : 1
  const high = trace.y[1] - trace.y[0]
  const [px, py] = [across * pitch(axisOf(trace, "x", layout), layout), high * pitch(axisOf(trace, "y", layout), layout)]
  if (px < LEAST_CELL[0] || py < LEAST_CELL[1]) return []
  const values = rows.flat()
  return [{
    type: "scatter",
    mode: "text",
    x: rows.flatMap(() => x),
    y: rows.flatMap((row, index) => row.map(() => y[index])),
    textfont: { color: values.map((value) => (strong !== null && Math.abs(value) > strong ? "white" : layout.meta.pageText)) },
    xaxis: trace.xaxis,
    yaxis: trace.yaxis ?? "y",
    hoverinfo: "skip",
    showlegend: false,
    meta: { numbers: [0, 1, 2].map((less) => values.map((value) => fixed(value, fewer(places, less)))), across, high },
  }]
}

function axisOf(trace, name, layout) {
  return layout[`${name}axis${(trace[`${name}axis`] ?? name).slice(1)}`]
}

// A frame or a badge in the page's ink, if it is in ink.
function inked(mark, text, back) {
  const { line, bgcolor, font } = mark
  if (line?.color === INK) return { ...mark, line: { ...line, color: text } }
  return bgcolor === INK ? { ...mark, bgcolor: text, font: { ...font, color: back } } : mark
}

// The layout with the page's colours and font.
function theme(layout, style, size) {
  const text = style.getPropertyValue("--st-text-color")
  const border = style.getPropertyValue("--st-border-color")
  const back = style.getPropertyValue("--st-background-color")
  const font = { color: text, family: style.getPropertyValue("--st-font"), size }
  const themed = {
    ...layout,
    paper_bgcolor: "rgba(0, 0, 0, 0)",
    plot_bgcolor: "rgba(0, 0, 0, 0)",
    font,
    hoverlabel: { ...layout.hoverlabel, bgcolor: back, bordercolor: border, font },
    shapes: layout.shapes?.map((shape) => inked(shape, text, back)),
    annotations: layout.annotations?.map((label) => inked(label, text, back)),
    modebar: { bgcolor: "rgba(0, 0, 0, 0)", color: border, activecolor: text },
  }
  const axis = { gridcolor: border, zerolinecolor: border, ticklabeloverflow: "allow" } // else each is measured
  for (const name of Object.keys(layout)) {
    if (!/^[xy]axis\d*$/.test(name)) continue
    themed[name] = { ...axis, ...layout[name], title: { ...layout[name].title, font: { size } } }
  }
  return themed
}

const pen = new OffscreenCanvas(1, 1).getContext("2d")
pen.textRendering = "geometricPrecision" // as plot.css has it

// The px that a text takes: its widest line. What stands in <b> is bold.
export function wide(text, { family, ...font }, size = font.size) {
  const lines = String(text).split("<br>").map((line) => {
    const parts = line.split(/<\/?b>/).map((part, index) => {
      pen.font = `${index % 2 ? 700 : 400} ${size}px ${family}`
      return pen.measureText(part.replace(/<[^>]*>/g, "").replace(/&#?\w+;/g, "m")).width
    })
    return parts.reduce((sum, part) => sum + part, 0)
  })
  return Math.max(...lines)
}

// Where a label stands, in parts of the plot, and how many px it reaches to the left from there.
function placed({ text, x, xref, xanchor, xshift = 0, font }, layout) {
  const { domain: [from, to] = [0, 1], range: [low, high] = [0, 1] } = layout[xref.replace("x", "xaxis")] ?? {}
  const before = { center: 0.5, right: 1 }[xanchor] ?? 0
  return { at: from + ((to - from) * (x - low)) / (high - low), before: before * wide(text, { ...layout.font, ...font }) - xshift }
}

// The room at the left of the plot for the texts that stand there; at least what the figure has beside an
// axis of numbers.
function leftMargin({ annotations = [], ...layout }) {
  const { font, margin, width } = layout
  const first = ({ anchor = "x" }) => !layout[anchor.replace("x", "xaxis")]?.domain?.[0]
  const axes = Object.keys(layout).filter((name) => name.startsWith("yaxis")).map((name) => layout[name]).filter(first)
  const least = axes.every(({ ticktext }) => ticktext) ? 0 : margin.l
  const ticks = axes.flatMap(({ ticktext = [], ticklabelstandoff }) => ticktext.map((text) => wide(text, font) + ticklabelstandoff))
  const labels = annotations.map((label) => placed(label, layout)).map(({ at, before }) => before - at * (width - margin.l - margin.r))
  return Math.max(least, Math.ceil(Math.max(0, ...ticks, ...labels)) + APART)
}

// The px of a column on an x axis, or of a row on a y axis.
function pitch({ domain: [from, to] = [0, 1], range: [low, high] }, { margin, width, height }) {
  const plot = high > low ? width - margin.l - margin.r : height - margin.t - margin.b // rows go down
  return (plot * (to - from)) / Math.abs(high - low)
}

// An axis with its ticks as large as all fit or, if there is no room for all, with only every second,
// third, … one. A tick between whole numbers marks initial states, not a step; of it there are only the
// lines that touch nothing.
export function thinned(axis, layout, sizes) {
  const { font } = layout
  const px = pitch(axis, layout)
  const steps = axis.tickvals.filter(Number.isInteger)
  const apart = (steps[1] ?? 1) - (steps[0] ?? 0) || 1 // of every tenth step: 10
  const labels = axis.ticktext.filter((_, index) => Number.isInteger(axis.tickvals[index]))
  const room = (size) => Math.max(...labels.map((text) => wide(text, font, size))) + APART
  const size = sizes.find((one) => room(one) <= apart * px) ?? sizes.at(-1)
  const every = ROUND.find((one) => one % apart === 0 && one * px >= room(size)) ?? Infinity
  const kept = (_, index) => !Number.isInteger(axis.tickvals[index]) || axis.tickvals[index] % every === 0
  const tickvals = axis.tickvals.filter(kept)
  const ticktext = axis.ticktext.filter(kept).map((text, index, texts) => {
    if (Number.isInteger(tickvals[index])) return text
    const away = (next) => px * Math.abs(tickvals[next] - tickvals[index])
    const half = (said) => wide(said, font, size) / 2
    const fits = (line) =>
      half(line) <= px * (tickvals[index] - axis.range[0]) + APART / 2 && // else it would touch what the lines are
      [index - 1, index + 1].every((next) => !(next in texts) || half(line) + half(texts[next]) + APART / 2 <= away(next))
    const forms = (line) => [line, ...(layout.meta?.short?.[line] ?? [])]
    return text.split("<br>").map((line) => forms(line).find(fits) ?? "").join("<br>")
  })
  return { ...axis, tickvals, ticktext, tickfont: { size } }
}

// Whether there are names above an axis, one a column, and not just numbers.
function isNamed(axis) {
  return axis.side === "top" && axis.ticktext.some(isNaN)
}

// An axis with the names above it as large as all fit their columns, or else each cut to its own.
function cut(axis, layout, sizes) {
  const { font } = layout
  const column = pitch(axis, layout) - APART
  const size = sizes.find((one) => axis.ticktext.every((text) => wide(text, font, one) <= column)) ?? sizes.at(-1)
  return { ...axis, ticktext: axis.ticktext.map((text) => shortened(text, column, font, size)), tickfont: { size } }
}

// A text with its first word and as many of its last ones as fit, which tell it from others; of one word
// its first letters.
export function shortened(text, room, font, size) {
  const fits = (said) => wide(said, font, size) <= room
  if (fits(text)) return text
  const [first, ...words] = text.split(" ")
  const begin = first.includes("<b>") && !first.includes("</b>") ? `${first}</b>` : first
  const ways = words.slice(1).map((_, index) => `${begin} … ${words.slice(index + 1).join(" ")}`)
  const letters = text.match(/<[^>]*>|&#?\w+;|./gu)
  const cuts = letters.map((_, index) => `${letters.slice(0, -index - 1).join("")}…`)
  return [...ways, ...cuts.slice(0, -2)].find(fits) ?? ""
}

// What the labels on one line have in common.
const lineOf = ({ yref, y, yanchor, yshift }) => [yref, y, yanchor, yshift].join()

// Labels over columns of the step axis, as large as all fit. If there is no room for all, those stay that come first in
// the figure, and of the others each that is as far from them as the widest needs.
function overColumns(labels, layout, sizes) {
  if (!labels.length) return [] // an axis without steps may have no range yet
  const room = (size) => Math.max(...labels.map(({ text }) => wide(text, layout.font, size))) + APART
  const column = pitch(layout.xaxis, layout)
  const size = sizes.find((one) => room(one) <= column) ?? sizes.at(-1)
  const apart = Math.ceil(room(size) / column)
  const kept = (row) => {
    const found = []
    for (const label of row) if (found.every(({ x }) => Math.abs(label.x - x) >= apart)) found.push(label)
    return found
  }
  return [...Map.groupBy(labels, lineOf).values()].flatMap(kept).map((label) => ({ ...label, font: { ...label.font, size } }))
}

// The labels, so that none of those on one line runs into the next: a title begins at the chart's edge,
// and is as large as it fits, or cut; one over a column stays there, or is left out; any other moves to the left.
function clear(layout, sizes) {
  const { font, margin, width } = layout
  const given = (layout.annotations ?? []).map((label) => shortest(label, layout))
  const { aside: asides = [], over: above = [], other: rest = [] } = Object.groupBy(given, ({ name }) => (["aside", "over"].includes(name) ? name : "other"))
  const titled = rest.map((label) => (label.name === "title" && label.x === 0 ? { ...label, xshift: -margin.l } : label))
  const annotations = [...titled, ...overColumns(above, layout, sizes)]
  const left = (label) => {
    const { at, before } = placed(label, layout)
    return margin.l + (width - margin.l - margin.r) * at - before
  }
  const fromTheRight = (one, other) => left(other) - left(one)
  const endingBefore = (end, label) => {
    const over = left(label) + wide(label.text, font) - end
    return over > 0 ? { ...label, xshift: (label.xshift ?? 0) - over } : label
  }
  const lines = Map.groupBy(annotations, lineOf)
  const placedLabels = [...lines.values()].flatMap((labels) => {
    let end = width - APART
    return labels.toSorted(fromTheRight).flatMap((label) => {
      const isOver = label.name === "over"
      const moves = !isOver && (label.name !== "title" || label.xanchor === "right")
      if (moves) label = endingBefore(end, label)
      const room = end - left(label)
      if (isOver && wide(label.text, { ...font, ...label.font }) > room) return []
      end = left(label) - APART
      if (moves || isOver || wide(label.text, font) <= room) return label
      const size = sizes.find((one) => wide(label.text, font, one) <= room) ?? sizes.at(-1)
      return { ...label, text: shortened(label.text, room, font, size), font: { ...label.font, size } }
    })
  })
  const ends = (label) => [left(label) - APART, left(label) + wide(label.text, { ...font, ...label.font }) + APART]
  const isFree = (aside) =>
    left(aside) >= 0 &&
    placedLabels.every((label) => lineOf(label) !== lineOf(aside) || ends(label)[1] <= ends(aside)[0] || ends(label)[0] >= ends(aside)[1])
  const free = []
  for (const aside of asides.toSorted(fromTheRight)) {
    const next = free.findLast((label) => lineOf(label) === lineOf(aside))
    const moved = next ? endingBefore(left(next) - APART, aside) : aside
    if (isFree(moved)) free.push(moved)
  }
  return [...placedLabels, ...free]
}

// The text of a label; of one beside the plot, each line in its shortest form, as the cells of a narrow picture need
// the room.
function narrowed({ text, xref, x, xanchor }, { meta }) {
  if (xref !== "paper" || x !== 0 || xanchor !== "right") return text
  return text.split("<br>").map((line) => meta?.short?.[line]?.at(-1) ?? line).join("<br>")
}

// A label in the first of its forms that fits its column, if the figure has several.
function shortest(label, layout) {
  const forms = layout.meta?.short?.[label.text]
  const axis = layout[label.xref.replace("x", "xaxis")]
  if (!forms || !axis) return label
  const room = (label.xref === "x" ? 1 : BETWEEN_STATES) * pitch(axis, layout) - APART
  const fits = (text) => wide(text, layout.font) <= room
  return { ...label, text: [label.text, ...forms].find(fits) ?? forms.at(-1) }
}

// The ways of writing a trace's numbers, more digits first; the shortest has no 0 before the point, as in −.3, and
// nothing behind it from 1 on.
const ways = ({ meta: { numbers } }) => [...numbers, numbers.at(-1).map((number, at) => shortestOf(numbers[0][at], number))]

const shortestOf = (full, short) =>
  /^−?[1-9]\d*\./.test(short) ? full.replace(/\d.*/, (size) => Math.round(size)) : short.replace(/^(−?)0\./, "$1.")

// A trace's numbers, written in one of its ways; in its shortest, if it has fewer.
function numbersOf(trace, way) {
  const own = ways(trace)
  return own[Math.min(way, own.length - 1)]
}

// Whether numbers that were made shorter still tell something: they do not where most of them read as 0 for that.
function tells(traces, way) {
  const [full, shown] = [0, way].map((one) => traces.flatMap((trace) => numbersOf(trace, one)))
  return shown.filter((text, at) => text === "≈0" && full[at] !== "≈0").length <= shown.length / 2
}

// The traces of numbers that are shown, and the first way of writing and size in which all of these fit. It is
// one way for the whole picture: columns of one width have numbers in all strips, or in none. The narrowest
// columns have none if their numbers fit in no way, or would tell nothing in the one that fits.
function fittingNumbers(numbers, layout, sizes) {
  const cell = (trace, name, share = 1) => share * pitch(axisOf(trace, name, layout), layout)
  const across = (trace) => cell(trace, "x", trace.meta.across)
  const isHigh = (trace, size) => size <= cell(trace, "y", trace.meta.high) - 2
  const fits = (trace, way, size) =>
    isHigh(trace, size) && Math.max(...numbersOf(trace, way).map((text) => wide(text, layout.font, size))) <= across(trace) - APART
  const count = Math.max(...numbers.map((trace) => ways(trace).length))
  const tried = Array.from({ length: count }, (_, way) => sizes.map((size) => ({ way, size }))).flat()
  const high = numbers.filter((trace) => isHigh(trace, sizes.at(-1))).toSorted((one, other) => across(one) - across(other))
  const columns = [...Map.groupBy(high, (trace) => Math.round(across(trace))).values()]
  for (; columns.length; columns.shift()) {
    const shown = columns.flat()
    const found = tried.find(({ way, size }) => shown.every((trace) => fits(trace, way, size)))
    if (found && tells(shown, found.way)) return { shown, ...found }
  }
  return { shown: [], way: 0, size: sizes.at(-1) }
}

// A trace of numbers with its font, hidden if they do not fit. `pageText` stands for the page's colour.
function sized(trace, { shown, way, size }, { font, meta }) {
  const color = trace.textfont.color.map((own) => (own === meta.pageText ? font.color : own))
  return { ...trace, text: numbersOf(trace, way), visible: shown.includes(trace), textfont: { size, color } }
}
