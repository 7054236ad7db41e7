// A film: one figure whose cells have other numbers for each checkpoint of a training. The range below
// the chart moves it, and so do keys.
//
// While it moves, its cells are painted on a canvas over Plotly's, in a tenth of the time that Plotly
// would take to draw them; once it rests, Plotly does, so that labels and zooms are right again.

const FILM_REST = 250 // ms without a move before Plotly draws
const SHADES = 256
const FILM_BEAT = 200 // ms for which a checkpoint is shown when playing

const films = new Set()
let filmed = null // the training of the last film
let begun = null // the training of the last film that has played by itself

class Film {
  constructor(root, chart) {
    this.chart = chart
    this.bar = root.querySelector(".rnn-film")
    this.canvas = root.querySelector(".rnn-cells")
    this.range = this.bar.querySelector("input")
    this.output = this.bar.querySelector("output")
    this.button = this.bar.querySelector("button")
    this.at = 0
    this.range.addEventListener("input", () => {
      this.pause()
      this.go(Number(this.range.value))
    })
    this.button.addEventListener("click", () => this.play())
    films.add(this)
  }

  // Takes another figure's film, or none. It shows the held checkpoint or, if none is held, its last
  // one, also as the training goes on. A film of another training starts without a held one.
  update(film, words) {
    this.film = film
    this.bar.hidden = !film
    if (!film) return
    if (filmed !== null && filmed !== film.of && !playhead.linked.has("checkpoint")) {
      playhead.held.checkpoint = null
      delete playhead.said.checkpoint
    }
    filmed = film.of
    this.words = words
    this.at = playhead.nearest(film.steps)
    this.range.max = film.steps.length - 1
    this.range.setAttribute("aria-label", words.film)
    this.bar.title = words.hint
    this.show()
  }

  // Plays a film that is to play by itself: once, and not to those who want no motion, or whose link
  // names a checkpoint.
  begin() {
    if (!this.film?.plays || begun === this.film.of) return
    begun = this.film.of
    if (playhead.held.checkpoint !== null || matchMedia("(prefers-reduced-motion: reduce)").matches) return
    this.pause()
    this.play()
  }

  // Goes to the held checkpoint.
  look() {
    if (!this.film) return
    const at = playhead.nearest(this.film.steps)
    if (at === this.at) return
    this.at = at
    this.show()
    this.paint()
    clearTimeout(this.resting)
    this.resting = setTimeout(() => this.rest(), FILM_REST)
  }

  // The traces with the numbers of this checkpoint.
  cells(traces) {
    if (!this.film) return traces
    const frame = this.frame(traces)
    return this.places(traces).reduce((drawn, place, number) => drawn.with(place, { ...traces[place], z: frame[number] }), traces)
  }

  // The numbers of this checkpoint: for each strip its rows of columns.
  frame(traces) {
    const { frames, scales, levels } = this.film
    const bytes = Uint8Array.from(atob(frames[this.at]), (letter) => letter.charCodeAt(0))
    const packed = new Uint16Array(bytes.buffer)
    let next = 0
    return this.places(traces).map((place, number) => {
      const { x, y } = traces[place]
      const [low, high] = scales[number]
      const value = (level) => (level > levels ? null : low + (level / levels) * (high - low))
      return Array.from({ length: y.length - 1 }, () => {
        const row = packed.subarray(next, (next += x.length))
        return Array.from(row, value)
      })
    })
  }

  places(traces) {
    return [...traces.keys()].filter((place) => traces[place].type === "heatmap")
  }

  go(at) {
    const { steps } = this.film
    const last = steps.length - 1
    playhead.hold({ checkpoint: at >= last ? null : steps[Math.max(at, 0)] })
  }

  rest() {
    if (this.playing || this.chart.gone || !this.chart.box._fullLayout) return
    const traces = this.chart.figure.data
    const { chart } = this
    chart.draws(chart.plotly?.restyle(chart.box, { z: this.frame(traces) }, this.places(traces)))?.then(() => this.wipe())
  }

  // Paints this checkpoint's cells over those that Plotly has drawn for another.
  paint() {
    const layout = this.chart.box._fullLayout
    if (!layout?.xaxis) return
    const { xaxis, yaxis } = layout
    const { canvas } = this
    const scale = window.devicePixelRatio
    const [width, height] = [xaxis._length, yaxis._length].map((size) => Math.round(size * scale))
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height })
    canvas.style.cssText = `left: ${xaxis._offset}px; top: ${yaxis._offset}px; width: ${xaxis._length}px; height: ${yaxis._length}px`
    canvas.hidden = false
    this.chart.box.classList.add("rnn-moving") // hides hover labels: their numbers are outdated
    const pen = canvas.getContext("2d", { alpha: true })
    pen.setTransform(scale, 0, 0, scale, 0, 0)
    const back = this.chart.style.getPropertyValue("--st-background-color")
    const traces = this.chart.figure.data
    const frame = this.frame(traces)
    for (const [number, place] of this.places(traces).entries()) {
      paintCells(pen, traces[place], frame[number], { xaxis, yaxis, back })
    }
  }

  wipe() {
    this.canvas.hidden = true
    this.chart.box.classList.remove("rnn-moving")
  }

  show() {
    this.range.value = this.at
    this.output.textContent = this.film.labels[this.at]
    this.range.setAttribute("aria-valuetext", this.output.textContent)
    this.button.textContent = this.playing ? this.words.pause : this.words.play
  }

  play() {
    if (this.playing) return this.pause()
    const last = () => this.film.steps.length - 1
    this.playing = setInterval(() => {
      if (this.at >= last()) return this.pause()
      this.go(this.at + 1)
    }, FILM_BEAT)
    if (this.at >= last()) this.go(0)
    this.show()
  }

  pause() {
    if (!this.playing) return
    clearInterval(this.playing)
    this.playing = null
    this.show()
    this.rest()
  }

  remove() {
    this.pause()
    clearTimeout(this.resting)
    films.delete(this)
  }
}

// Paints one strip as Plotly draws it, on the page's background colour.
function paintCells(pen, trace, values, { xaxis, yaxis, back }) {
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
function shades(scale) {
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

const FILM_KEYS = {
  ",": (film) => {
    film.pause()
    film.go(film.at - 1)
  },
  ".": (film) => {
    film.pause()
    film.go(film.at + 1)
  },
  p: (film) => film.play(),
}

window.addEventListener("keydown", (event) => {
  const wanted = FILM_KEYS[plainKey(event)]
  const film = [...films].find((each) => each.film)
  if (!wanted || !film) return
  event.preventDefault()
  wanted(film)
})
