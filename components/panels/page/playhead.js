// The playhead: one step of the sentence, marked in every chart of the page. A click or a key holds
// a step; while the pointer is over a chart, the step under it is shown in place of the held one.
//
// Python hears of both, and apart: a step that is held goes into the link; one that is only pointed
// at is looked at, and never does.

const REST = 250 // ms without a move before Python hears of it
const BEAT = 700 // ms a step when playing

const playhead = {
  charts: new Set(),
  used: null, // the chart last used or, before that, first in sight: it says how many steps there are
  over: null, // the chart that the pointer is over
  held: null,
  pointed: null,
  unsaid: null, // the step and unit chosen here that Python is not known to have
  playing: null,
  resting: null,

  get step() {
    return this.pointed ?? this.held
  },

  show(held, pointed) {
    const before = this.step
    this.held = held
    this.pointed = pointed
    if (this.step !== before) for (const chart of this.charts) chart.mark()
  },

  point(step, chart) {
    this.over = chart
    if (step === this.pointed) return
    this.pause()
    this.show(this.held, step)
    this.tell()
  },

  leave(chart) {
    if (this.over !== chart) return
    this.over = null
    this.show(this.held, null)
    this.tell()
  },

  hold(step, unit = null, rest = REST) {
    this.show(step, null)
    unit ??= this.unsaid?.unit ?? null
    if (this.unsaid?.step !== step || this.unsaid.unit !== unit) this.unsaid = { step, unit }
    this.tell(rest)
  },

  tell(rest = REST) {
    clearTimeout(this.resting)
    this.resting = setTimeout(() => {
      for (const chart of this.charts) chart.report()
    }, rest)
  },

  by(change) {
    const step = Math.min(Math.max((this.held ?? 0) + change, 1), this.used.steps)
    if (step === this.held) this.show(step, null)
    else this.hold(step)
  },

  play() {
    if (this.playing) return this.pause()
    if (this.held >= this.used.steps) this.hold(1)
    this.playing = setInterval(() => {
      if (!this.used || this.held >= this.used.steps) return this.pause()
      this.by(1)
    }, BEAT)
  },

  pause() {
    clearInterval(this.playing)
    this.playing = null
  },

  remove(chart) {
    this.charts.delete(chart)
    this.leave(chart)
    if (this.used === chart) this.used = [...this.charts].find((other) => other.near && other.steps) ?? null
    if (this.charts.size) return
    this.pause()
    this.held = this.unsaid = null
  },
}

const KEYS = {
  ArrowLeft: () => {
    playhead.pause()
    playhead.by(-1)
  },
  ArrowRight: () => {
    playhead.pause()
    playhead.by(1)
  },
  " ": () => playhead.play(),
}

// What has a use of its own for these keys, where the focus is in it.
const OWNERS = [
  "input, textarea, select, button, a, summary, canvas, audio, video, [contenteditable=true]",
  ...["tab", "slider", "button", "link", "listbox", "menu", "grid", "dialog"].map((role) => `[role=${role}]`),
].join()

// The one owner of these keys. First in line, so that nothing else on the page hears of one that
// has moved the playhead.
window.addEventListener(
  "keydown",
  (event) => {
    const wanted = KEYS[event.key]
    const plain = !(event.ctrlKey || event.metaKey || event.altKey || event.shiftKey)
    if (!wanted || !plain || event.target.closest?.(OWNERS) || !playhead.used) return
    event.preventDefault()
    event.stopImmediatePropagation()
    wanted()
  },
  true
)
