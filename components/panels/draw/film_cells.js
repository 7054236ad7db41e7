// The cells of a film: their numbers at a checkpoint, and how they are painted on a canvas.

const SHADES = 256

// The places of the traces that are cells.
export function placesOf(traces) {
  return [...traces.keys()].filter((place) => traces[place].type === "heatmap")
}

// The numbers of one checkpoint of a film: for each trace of cells its rows of columns, with null where a
// cell is empty. A frame has them as levels between the ends of the trace's scale, one after another.
export function frameOf({ frames, scales, levels }, at, traces) {
  const bytes = Uint8Array.from(atob(frames[at]), (letter) => letter.charCodeAt(0))
  const packed = new Uint16Array(bytes.buffer)
  let next = 0
  return placesOf(traces).map((place, number) => {
    const { x, y } = traces[place]
    const [low, high] = scales[number]
    const value = (level) => (level > levels ? null : low + (level / levels) * (high - low))
    return Array.from({ length: y.length - 1 }, () => {
      const row = packed.subarray(next, (next += x.length))
      return Array.from(row, value)
    })
  })
}

// Paints one strip as Plotly draws it, on the page's background colour.
export function paintCells(pen, trace, values, { xaxis, yaxis, back }) {
  const at = (x) => Math.round(xaxis.l2p(x)) // whole px, as in Plotly
  const edges = trace.y.map((y) => Math.round(yaxis.l2p(y)))
  const starts = trace.x.map((x) => at(x - 0.5) + Math.floor(trace.xgap / 2))
  const ends = trace.x.map((x) => at(x + 0.5) - Math.ceil(trace.xgap / 2))
  const [left, right] = [at(trace.x[0] - 0.5), at(trace.x.at(-1) + 0.5)]
  pen.fillStyle = back
  pen.fillRect(left, edges[0], right - left, edges.at(-1) - edges[0])
  const { ygap, zmin, zmax } = trace
  const colours = shades(trace.colorscale)
  for (const [row, line] of values.entries()) {
    const top = edges[row] + Math.floor(ygap / 2)
    const height = edges[row + 1] - edges[row] - ygap
    for (const [column, value] of line.entries()) {
      if (value === null) continue
      const share = Math.min(Math.max((value - zmin) / (zmax - zmin), 0), 1)
      pen.fillStyle = colours[Math.round(share * (SHADES - 1))]
      pen.fillRect(starts[column], top, ends[column] - starts[column], height)
    }
  }
}

const shadesOf = new Map()

// A colour scale as SHADES colours.
export function shades(scale) {
  const name = JSON.stringify(scale)
  if (!shadesOf.has(name)) shadesOf.set(name, Array.from({ length: SHADES }, (_, n) => shade(scale, n / (SHADES - 1))))
  return shadesOf.get(name)
}

function shade(scale, share) {
  const after = Math.max(scale.findIndex(([place]) => place >= share), 1)
  const [[from, low], [to, high]] = [scale[after - 1], scale[after]]
  const between = (share - from) / (to - from)
  const [one, other] = [low, high].map((colour) => colour.match(/[\d.]+/g).map(Number))
  return `rgba(${one.map((value, n) => value + between * (other[n] - value)).join()})`
}
