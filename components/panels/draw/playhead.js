// The playhead: the step and the unit that all charts of the page show, and the checkpoint of its film.
// A click or a key holds a step; while the pointer is over a chart, the step under it is shown instead.
//
// Only the browser knows the playhead; the server does not need it. What is held stands in the address
// after the #, as in #step=3&unit=1, so reloads, copied links and Back keep it.

const HELD = ["step", "unit", "checkpoint"]
const BEAT = 700 // ms a step when playing
const ADDRESS_REST = 100 // ms without a change before the address is written: browsers limit its writes

const playhead = {
  watchers: new Set(), // objects that show the playhead: each has look(), which redraws; charts have steps
  used: null, // the chart last used or, before that, the first in sight; its steps are the playhead's
  over: null, // the chart that the pointer is over
  held: { step: null, unit: null, checkpoint: null }, // null: nothing is held; a film shows its end
  pointed: null, // the step under the pointer
  linked: new Set(), // names in the opened address after the #: Python's next `at` does not replace them
  said: {}, // the last value of each name in Python's `at`
  playing: null,
  writing: null,

  // The step to show. If the page has the controls for a step, there always is one.
  get step() {
    return this.pointed ?? this.held.step ?? (this.first || null)
  },

  // The step to begin at: that of the controls that choose a step; without any 0, before all steps.
  get first() {
    return [...this.watchers].find(({ begins }) => begins)?.begins ?? 0
  },

  get unit() {
    return this.held.unit ?? 0
  },

  get steps() {
    return this.used?.steps || Math.max(0, ...[...this.watchers].map(({ steps }) => steps ?? 0))
  },

  // The index of the checkpoint, after one of these steps of a training, that is nearest to the held
  // one; of the last, if none is held.
  nearest(steps) {
    const { checkpoint } = this.held
    if (checkpoint === null) return steps.length - 1
    const apart = steps.map((step) => Math.abs(step - checkpoint))
    return apart.indexOf(Math.min(...apart))
  },

  any(test) {
    return [...this.watchers].some(test)
  },

  add(watcher) {
    this.watchers.add(watcher)
  },

  remove(watcher) {
    this.watchers.delete(watcher)
    this.leave(watcher)
    if (this.used === watcher) this.used = [...this.watchers].find(({ near, steps }) => near && steps) ?? null
    if (!this.watchers.size) this.pause()
    this.writeSoon()
  },

  // Takes over `at`, where Python says to look, because of a link or a button. A value that Python
  // repeats is ignored, as the visitor may have moved on.
  begin(at) {
    for (const [name, value] of Object.entries(at ?? {})) {
      const linked = this.linked.delete(name)
      const known = this.said[name] === value
      this.said[name] = value
      if (!linked && !known && value !== null) this.held[name] = value
    }
    this.look()
    this.writeSoon()
  },

  look() {
    for (const watcher of this.watchers) watcher.look()
  },

  point(step, chart) {
    this.over = chart
    if (step === this.pointed) return
    this.pause()
    this.pointed = step
    this.look()
  },

  leave(chart) {
    if (this.over !== chart) return
    this.over = this.pointed = null
    this.look()
  },

  hold(chosen) {
    if ("step" in chosen) this.pointed = null
    Object.assign(this.held, chosen)
    this.look()
    this.writeSoon()
  },

  by(change) {
    const { steps } = this
    const from = Math.min(this.held.step ?? this.first, steps)
    this.hold({ step: Math.min(Math.max(from + change, 1), steps) })
  },

  atEnd() {
    return this.held.step !== null && this.held.step >= this.steps
  },

  play() {
    if (this.playing) return this.pause()
    if (this.atEnd()) this.hold({ step: 1 })
    this.playing = setInterval(() => {
      if (this.atEnd()) return this.pause()
      this.by(1)
    }, BEAT)
  },

  pause() {
    clearInterval(this.playing)
    this.playing = null
  },

  // Takes over what an address names after its #; keeps the rest.
  read(address) {
    const named = [...new URLSearchParams(new URL(address).hash.slice(1))].filter(
      ([name, value]) => HELD.includes(name) && /^\d{1,6}$/.test(value)
    )
    for (const [name, value] of named) this.held[name] = Number(value)
    this.linked = new Set(named.map(([name]) => name))
    this.look()
    this.writeSoon()
  },

  // An address with what is held after its #, beside what else stands there. Of a step or a unit that
  // the page does not have, the one that it shows is written; it stays held, and may come back.
  address(url) {
    const whole = new URL(url, location.href)
    const controls = [...this.watchers].find(({ begins }) => begins)
    const shown = (name) => (name === "checkpoint" ? null : controls?.nearest(name, this.held[name]))
    const written = HELD.filter((name) => this.held[name] !== null && (name !== "checkpoint" || this.any(({ film }) => film?.film)))
    const others = [...new URLSearchParams(whole.hash.slice(1))].filter(([name]) => !HELD.includes(name))
    whole.hash = new URLSearchParams([...written.map((name) => [name, shown(name) ?? this.held[name]]), ...others])
    return whole.href
  },

  writeSoon() {
    clearTimeout(this.writing)
    this.writing = setTimeout(() => {
      const address = this.address(location.href)
      if (address !== location.href) history.replaceState(history.state, "", address)
    }, ADDRESS_REST)
  },
}

// Streamlit writes addresses without a #.
for (const name of ["pushState", "replaceState"]) {
  const write = history[name].bind(history)
  history[name] = (state, unused, url) => write(state, unused, url && playhead.address(url))
}

window.addEventListener("popstate", () => playhead.read(location.href))

// Streamlit may have written the address before this was loaded: then take the one that was opened.
playhead.read(location.hash ? location.href : performance.getEntriesByType("navigation")[0].name)

function go(change) {
  playhead.pause()
  playhead.by(change)
}

const KEYS = { ArrowLeft: () => go(-1), ArrowRight: () => go(1), " ": () => playhead.play() }

// A presenter's clicker sends these. Where the page is not presented, they scroll.
const CLICKER = { PageUp: KEYS.ArrowLeft, PageDown: KEYS.ArrowRight }

// Captures these keys before anything else on the page, which does not get one that moves the playhead.
window.addEventListener(
  "keydown",
  (event) => {
    const wanted = (isPresented() && CLICKER[keyAlone(event)]) || KEYS[freeKey(event, isPresented())]
    if (!wanted || !playhead.steps) return
    event.preventDefault()
    event.stopImmediatePropagation()
    wanted()
  },
  true
)
