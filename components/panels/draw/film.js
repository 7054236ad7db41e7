// A film: one figure whose cells have other numbers for each checkpoint of a training. The range below
// the chart moves it, and so do keys.
//
// While it moves, its cells are painted on a canvas over Plotly's, in a tenth of the time that Plotly
// would take to draw them; once it rests, Plotly does, so that labels and zooms are right again.

import { plainKey } from "../browser/keys.js"
import { frameOf, paintCells, placesOf } from "./film_cells.js"
import { playhead } from "../browser/playhead.js"

const FILM_REST = 250 // ms without a move before Plotly draws
const FILM_BEAT = 200 // ms for which a checkpoint is shown when playing

const films = new Set()
let filmed = null // the training of the last film
let begun = null // the training of the last film that has played by itself

export class Film {
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
    if (filmed !== null && filmed !== film.of) playhead.forgetCheckpoint()
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
    return placesOf(traces).reduce((drawn, place, number) => drawn.with(place, { ...traces[place], z: frame[number] }), traces)
  }

  // The numbers of this checkpoint: for each strip its rows of columns.
  frame(traces) {
    return frameOf(this.film, this.at, traces)
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
    chart.draws(chart.plotly?.restyle(chart.box, { z: this.frame(traces) }, placesOf(traces)))?.then(() => this.wipe())
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
    for (const [number, place] of placesOf(traces).entries()) {
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
