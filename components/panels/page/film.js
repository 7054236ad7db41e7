// A film: one figure whose cells are given other numbers for each of its moments. The range below the
// chart moves it, and so do keys; Python hears of it once it rests.

const FILM_REST = 250 // ms without a move before Python hears of it
const FILM_BEAT = 140 // ms a moment when playing

const films = new Set()

class Film {
  constructor(root, chart) {
    this.chart = chart
    this.bar = root.querySelector(".rnn-film")
    this.range = this.bar.querySelector("input")
    this.said = this.bar.querySelector("output")
    this.button = this.bar.querySelector("button")
    this.at = 0
    this.told = null // what Python has last said, or was last told
    this.range.addEventListener("input", () => {
      this.pause()
      this.go(Number(this.range.value))
    })
    this.button.addEventListener("click", () => this.play())
    films.add(this)
  }

  // Another figure, or none: stays where it is, but for the end, which it follows as the film grows.
  update(film, { words, at } = {}) {
    const atEnd = !this.film || this.at >= this.film.labels.length - 1
    this.film = film
    this.bar.hidden = !film
    if (!film) return
    const last = film.labels.length - 1
    this.words = words
    if ((at ?? null) !== null && at !== this.told) {
      this.told = at
      this.at = at
    } else if (atEnd) this.at = last
    this.at = Math.min(this.at, last)
    this.range.max = last
    this.range.setAttribute("aria-label", words.film)
    this.bar.title = words.hint
    this.show()
  }

  // The traces with the numbers of this moment.
  cells(traces) {
    if (!this.film) return traces
    const frames = this.film.frames[this.at]
    return this.places(traces).reduce((drawn, place, number) => drawn.with(place, { ...traces[place], z: frames[number] }), traces)
  }

  places(traces) {
    return [...traces.keys()].filter((place) => traces[place].type === "heatmap")
  }

  go(at, rest = FILM_REST) {
    const last = this.film.labels.length - 1
    this.at = Math.min(Math.max(at, 0), last)
    this.show()
    const places = this.places(this.chart.figure.data)
    this.chart.plotly?.restyle(this.chart.box, { z: this.film.frames[this.at] }, places)
    clearTimeout(this.resting)
    this.resting = setTimeout(() => this.tell(), rest)
  }

  show() {
    this.range.value = this.at
    this.said.textContent = this.film.labels[this.at]
    this.range.setAttribute("aria-valuetext", this.said.textContent)
    this.button.textContent = this.playing ? this.words.pause : this.words.play
  }

  tell() {
    if (this.playing || this.told === this.at || this.chart.gone) return
    this.told = this.at
    this.chart.setTriggerValue("filmed", this.at)
  }

  play() {
    if (this.playing) return this.pause()
    const last = () => this.film.labels.length - 1
    this.playing = setInterval(() => {
      if (this.at >= last()) return this.pause()
      this.go(this.at + 1)
    }, FILM_BEAT)
    this.go(this.at >= last() ? 0 : this.at)
  }

  pause() {
    if (!this.playing) return
    clearInterval(this.playing)
    this.playing = null
    this.go(this.at)
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

// These keys are used by nothing else but where text is typed.
window.addEventListener("keydown", (event) => {
  const wanted = FILM_KEYS[event.key]
  const film = [...films].find((each) => each.film)
  const plain = !(event.ctrlKey || event.metaKey || event.altKey || event.shiftKey)
  if (!wanted || !film || !plain || event.target.closest?.("input:not([type=range]), textarea, [contenteditable=true]")) return
  event.preventDefault()
  wanted(film)
})
