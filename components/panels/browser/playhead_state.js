// The playhead: the step and the unit that all charts of the page show, and the checkpoint of its film.
// A click or a key holds a step; while the pointer is over a chart, the step under it is shown instead.
//
// Only the browser knows the playhead; the server does not need it. Nothing here touches the page.

const HELD = ["step", "unit", "checkpoint"]
const BEAT = 700 // ms a step when playing

export class Playhead {
  watchers = new Set() // objects that show the playhead: each has look(), which redraws; charts have steps
  used = null // the chart last used or, before that, the first in sight; its steps are the playhead's
  over = null // the chart that the pointer is over
  held = { step: null, unit: null, checkpoint: null } // null: nothing is held; a film shows its end
  pointed = null // the step under the pointer
  linked = new Set() // names in the opened address after the #: Python's next `at` does not replace them
  said = {} // the last value of each name in Python's `at`
  playing = null

  // changed: called whenever what is held, and what of that the page has, may have changed.
  constructor(changed) {
    this.changed = changed
  }

  // The step to show. If the page has the controls for a step, there always is one.
  get step() {
    return this.pointed ?? this.held.step ?? (this.first || null)
  }

  // The controls that choose a step, if the page has them.
  get controls() {
    return [...this.watchers].find(({ begins }) => begins)
  }

  // The step to begin at: that of the controls; without any 0, before all steps.
  get first() {
    return this.controls?.begins ?? 0
  }

  get unit() {
    return this.held.unit ?? 0
  }

  get steps() {
    return this.used?.steps || Math.max(0, ...[...this.watchers].map(({ steps }) => steps ?? 0))
  }

  // The index of the checkpoint, after one of these steps of a training, that is nearest to the held
  // one; of the last, if none is held.
  nearest(steps) {
    const { checkpoint } = this.held
    if (checkpoint === null) return steps.length - 1
    const apart = steps.map((step) => Math.abs(step - checkpoint))
    return apart.indexOf(Math.min(...apart))
  }

  add(watcher) {
    this.watchers.add(watcher)
  }

  remove(watcher) {
    this.watchers.delete(watcher)
    this.leave(watcher)
    if (this.used === watcher) this.used = [...this.watchers].find(({ near, steps }) => near && steps) ?? null
    if (!this.watchers.size) this.pause()
    this.changed()
  }

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
    this.changed()
  }

  // Holds no checkpoint any longer, unless the opened address names one: it was another training's.
  forgetCheckpoint() {
    if (this.linked.has("checkpoint")) return
    this.held.checkpoint = null
    delete this.said.checkpoint
  }

  look() {
    for (const watcher of this.watchers) watcher.look()
  }

  point(step, chart) {
    this.over = chart
    if (step === this.pointed) return
    this.pause()
    this.pointed = step
    this.look()
  }

  leave(chart) {
    if (this.over !== chart) return
    this.over = this.pointed = null
    this.look()
  }

  hold(chosen) {
    if ("step" in chosen) this.pointed = null
    Object.assign(this.held, chosen)
    this.look()
    this.changed()
  }

  by(change) {
    const { steps } = this
    const from = Math.min(this.held.step ?? this.first, steps)
    this.hold({ step: Math.min(Math.max(from + change, 1), steps) })
  }

  atEnd() {
    return this.held.step !== null && this.held.step >= this.steps
  }

  play() {
    if (this.playing) return this.pause()
    if (this.atEnd()) this.hold({ step: 1 })
    this.playing = setInterval(() => {
      if (this.atEnd()) return this.pause()
      this.by(1)
    }, BEAT)
  }

  pause() {
    clearInterval(this.playing)
    this.playing = null
  }

  // Takes over what an address names after its #; keeps the rest.
  read(named) {
    const found = [...named].filter(([name, value]) => HELD.includes(name) && /^\d{1,6}$/.test(value))
    for (const [name, value] of found) this.held[name] = Number(value)
    this.linked = new Set(found.map(([name]) => name))
    this.look()
    this.changed()
  }

  // What stands after the # of an address, with what is held first. Of a step or a unit that the page
  // does not have, the one that it shows is written; it stays held, and may come back.
  noted(named) {
    const { controls, held } = this
    const hasFilm = [...this.watchers].some(({ film }) => film?.film)
    const written = HELD.filter((name) => held[name] !== null && (name !== "checkpoint" || hasFilm))
    const shown = (name) => (name === "checkpoint" ? null : controls?.nearest(name, held[name])) ?? held[name]
    const others = [...named].filter(([name]) => !HELD.includes(name))
    return new URLSearchParams([...written.map((name) => [name, shown(name)]), ...others])
  }
}
