// What is looked at: a step and a unit, in all charts of the page, and a checkpoint of its film. A
// click or a key holds a step; while the pointer is over a chart, the step under it is shown in place
// of the held one.
//
// This is the browser's own: the server neither needs it nor hears of it. What is held stands in the
// address after the #, as in #step=3&unit=1, so reloads, copied links and Back keep it.

const HELD = ["step", "unit", "checkpoint"]
const BEAT = 700 // ms a step when playing
const ADDRESS_REST = 100 // ms without a change before the address is written: browsers refuse very many writes

const playhead = {
  watchers: new Set(), // what shows something of what is looked at: each has look(), some have steps
  used: null, // the chart last used or, before that, first in sight: it says how many steps there are
  over: null, // the chart that the pointer is over
  held: { step: null, unit: null, checkpoint: null }, // null: nothing chosen; of a film, its end
  pointed: null, // the step under the pointer
  linked: new Set(), // what the address that was opened names: Python's `at` does not replace it
  said: {}, // the last that Python said of each, in `at`
  playing: null,
  writing: null,

  // The step to show; where a step is worked out, there always is one.
  get step() {
    return this.pointed ?? this.held.step ?? (this.any((watcher) => watcher.works) ? 1 : null)
  },

  get unit() {
    return this.held.unit ?? 0
  },

  get steps() {
    return this.used?.steps || Math.max(0, ...[...this.watchers].map(({ steps }) => steps ?? 0))
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

  // Where a link or a button of Python's says to look. Each wish is taken once: after that the visitor
  // may look elsewhere.
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
    const from = Math.min(this.held.step ?? (this.any((watcher) => watcher.works) ? 1 : 0), steps)
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

  // Takes over what an address names after its #; the rest stays as it is.
  read(address) {
    const named = [...new URLSearchParams(new URL(address).hash.slice(1))].filter(
      ([name, value]) => HELD.includes(name) && /^\d{1,6}$/.test(value)
    )
    for (const [name, value] of named) this.held[name] = Number(value)
    this.linked = new Set(named.map(([name]) => name))
    this.look()
    this.writeSoon()
  },

  // An address with what is held after its #, if nothing else stands there.
  address(url) {
    const whole = new URL(url, location.href)
    if (whole.hash) return whole.href
    const named = HELD.filter((name) => this.held[name] !== null && (name !== "checkpoint" || this.any(({ film }) => film?.film)))
    whole.hash = new URLSearchParams(named.map((name) => [name, this.held[name]]))
    return whole.href
  },

  writeSoon() {
    clearTimeout(this.writing)
    this.writing = setTimeout(() => {
      const address = this.address(location.pathname + location.search)
      if (address !== location.href) history.replaceState(history.state, "", address)
    }, ADDRESS_REST)
  },
}

// Streamlit writes addresses that end before the #.
for (const name of ["pushState", "replaceState"]) {
  const write = history[name].bind(history)
  history[name] = (state, unused, url) => write(state, unused, url && playhead.address(url))
}

window.addEventListener("popstate", () => playhead.read(location.href))

// The address may have been written anew before this was loaded: then the one that was opened counts.
playhead.read(location.hash ? location.href : performance.getEntriesByType("navigation")[0].name)

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
    if (!wanted || !plain || event.target.closest?.(OWNERS) || !playhead.steps) return
    event.preventDefault()
    event.stopImmediatePropagation()
    wanted()
  },
  true
)
