// A chart: a figure that Plotly draws. It stays: a change is a Plotly.react, never a new chart. One that is
// out of sight is drawn only when it is scrolled to.

import { PICTURE } from "../browser/marks.js"
import { isPresented } from "../browser/present.js"
import { scrollTo } from "../write/look_at.js"
import { Film } from "./film.js"
import { fitted } from "./fit.js"
import { playhead } from "../browser/playhead.js"
import { plotly } from "./plotly.js"
import { press } from "./press.js"
import { stripsOf, unitAt } from "./rows.js"
import { watchSight } from "./sight.js"

const SIZES = [14, 12] // px of a chart's text: the first with room for it
const REM = 16 // px of the page's texts for which figures are made
const PHONE = "(max-width: 640px)" // as the styles have it
const HEAD = 24 // px above a strip, for its name
const FRAME = 4 // px below the strips that a link frames
const LEAST_FRAME = 8 // px of the playhead's width, at least
const ICONS = { png: "camera", svg: "disk" } // Plotly's, by the format that their button downloads

const CHART =
  '<div class="rnn-chart"><pre class="rnn-layers"></pre><div class="rnn-picture"><div class="rnn-plot" role="figure" tabindex="0"></div>' +
  '<canvas class="rnn-cells" hidden></canvas><div class="rnn-rows" hidden></div>' +
  '<div class="rnn-playhead" hidden></div><div class="rnn-looked-at" hidden></div></div><p class="rnn-message" role="status"></p>' +
  '<div class="rnn-film" hidden><button type="button"></button>' +
  '<input type="range" min="0" step="1"><output></output></div>' +
  '<div class="rnn-below"><span class="rnn-looks"></span><details class="rnn-how"><summary></summary>' +
  '<p><span class="rnn-hint"></span> <span></span></p></details></div></div>'

export class Chart {
  constructor(root) {
    root.innerHTML = CHART
    this.code = root.querySelector(".rnn-layers")
    this.picture = root.querySelector(".rnn-picture")
    this.box = root.querySelector(".rnn-plot")
    this.rows = root.querySelector(".rnn-rows")
    this.line = root.querySelector(".rnn-playhead")
    this.lookedAt = root.querySelector(".rnn-looked-at")
    this.picture.addEventListener("rnn-look-at", ({ detail }) => this.lookAt(detail))
    this.message = root.querySelector(".rnn-message")
    this.looks = root.querySelector(".rnn-looks")
    this.how = root.querySelector(".rnn-how")
    ;[this.hint, this.note] = this.how.querySelectorAll("span")
    this.touch = window.matchMedia("(pointer: coarse)").matches
    this.drawn = Promise.resolve() // resolved when Plotly has finished all drawing
    this.film = new Film(root, this)
    this.resizer = new ResizeObserver(() => this.resize())
    this.box.addEventListener("pointerenter", () => this.use())
    this.box.addEventListener("focusin", () => this.use())
    // A screen reader says where the arrow keys lead, once: all charts follow, but one has the focus.
    this.box.addEventListener("focus", () => this.looks.setAttribute("aria-live", "polite"))
    this.box.addEventListener("blur", () => this.looks.removeAttribute("aria-live"))
    this.box.addEventListener("pointermove", (event) => this.point(event))
    this.box.addEventListener("pointerdown", (event) => this.press(event))
    this.box.addEventListener("pointerleave", () => playhead.leave(this))
    this.resizer.observe(this.box)
    this.watcher = watchSight(this.box, (near) => this.see(near))
    playhead.add(this)
    charts.add(this)
  }

  async update({ data, setTriggerValue, parentElement }) {
    this.data = data
    this.setTriggerValue = setTriggerValue
    this.figure = data.figure
    this.steps = this.figure.layout.meta?.steps ?? 0
    this.film.update(this.figure.layout.meta?.film, data.film)
    playhead.begin(data.at)
    this.box.setAttribute("aria-label", data.alt)
    const by = this.touch ? "touch" : "pointer"
    this.code.textContent = data.code
    this.hint.textContent = [data.hint?.[by], this.film.film && data.film[by]].filter(Boolean).join(" ")
    this.note.textContent = data.note ?? ""
    this.how.firstChild.textContent = data.how
    this.how.hidden = !(this.hint.textContent || this.note.textContent)
    this.how.open ||= data.chooses // what a click does there is said nowhere else
    this.fit()
    this.style = getComputedStyle(parentElement.host ?? this.box)
    try {
      const font = document.fonts.load(`${SIZES[0]}px ${this.style.getPropertyValue("--st-font")}`).catch(() => {})
      ;[this.plotly] = await Promise.all([plotly(data.script), font]) // texts are measured
    } catch {
      this.message.textContent = data.unavailable
      return
    }
    if (this.data !== data || this.gone) return
    this.message.textContent = ""
    this.stale = true
    await this.catchUp()
    this.mark()
  }

  see(near) {
    this.near = near
    if (near && !playhead.used) this.use()
    this.catchUp().then(() => this.mark())
  }

  async catchUp() {
    if (!this.stale || !this.near || this.gone) return
    this.stale = false
    await this.draw()
    this.film.begin()
  }

  // Takes the room for the picture: as high as its figure asks, and enlarged as the page's texts are. On
  // a page that is presented the first picture is as high as the window.
  fit() {
    const isFirst = document.querySelector(PICTURE)?.contains(this.box)
    const room = isPresented() && isFirst ? slideHeight() - heightOf(this.code) - heightOf(this.film.bar) : 0
    const { height } = this.figure.layout
    const scale = Math.max(1, Math.min(rem() / REM, room ? room / height : Infinity))
    const high = Math.max(height, room / scale)
    if (scale === this.scale && high === this.height) return // a write would have all be laid out again
    Object.assign(this, { scale, height: high })
    this.picture.style.cssText =
      scale === 1 ? "" : `width: ${100 / scale}%; transform: scale(${scale}); margin-bottom: ${(scale - 1) * this.height}px`
    this.box.style.minHeight = `${this.height}px`
  }

  async draw(paper) {
    this.fit()
    const width = paper ?? this.box.clientWidth
    const { meta } = this.figure.layout
    const sizes = isPresented() ? SIZES.slice(0, 1) : window.matchMedia(PHONE).matches ? SIZES.slice(-1) : SIZES
    const space = { width, height: this.height, sizes, style: this.style }
    const { traces, layout } = fitted(this.film.cells(this.figure.data), this.figure.layout, space)
    if (this.touch) layout.dragmode = false
    const resized = this.width && this.width !== width
    Object.assign(this, { width, drawnHeight: this.height })
    await this.draws(this.plotly.react(this.box, traces, layout, this.config()))
    // In another width Plotly places a legend by the margins that were there before.
    if (resized && !this.gone && this.box.querySelector(".legend")) await this.draws(this.plotly.redraw(this.box))
    this.nameButtons()
    this.film.wipe()
    const strips = stripsOf(layout)
    this.line.replaceChildren(...strips.map(frame))
    this.rows.replaceChildren(...strips.map(() => document.createElement("i")))
    this.inPlace = { strips, units: meta?.rows?.units }
    this.outlined = null
    if (this.asked) this.frameAsked()
    if (this.listening || this.gone) return
    this.listening = true
    // The chart's label says what it shows; all else that a screen reader needs is the button.
    for (const drawing of this.box.querySelectorAll(".main-svg")) drawing.ariaHidden = true
    this.box.on("plotly_relayout", () => this.mark())
    this.box.on("plotly_doubleclick", () => setTimeout(() => this.showAll()))
  }

  // The config has to stay the same, as Plotly.react with another one draws a new chart. So the buttons
  // have functions of their own: Plotly's takes the file's name from the config. And they are named anew
  // in a language that was chosen since.
  config() {
    const { config, download } = this.data
    this.buttons ??= Object.entries(download).map(([format, title]) => ({
      name: format,
      title,
      icon: this.plotly.Icons[ICONS[format]],
      click: () => this.save(format),
    }))
    return { ...config, modeBarButtons: [this.buttons], ...(this.touch && { displayModeBar: false }) }
  }

  nameButtons() {
    const titles = Object.values(this.data.download)
    this.box.querySelectorAll(".modebar-btn").forEach((button, at) => {
      for (const name of ["aria-label", "data-title"]) button.setAttribute(name, titles[at])
    })
  }

  save(format) {
    // Plotly refuses a click during the download before it.
    this.plotly.downloadImage(this.box, { ...this.data.image, format }).catch(() => {})
  }

  draws(drawing) {
    this.drawn = Promise.allSettled([this.drawn, drawing])
    return drawing
  }

  // Runs after Plotly's own reset, which goes to the range of the first figure drawn here.
  showAll() {
    this.draws(this.plotly?.relayout(this.box, { "xaxis.range": this.figure.layout.xaxis.range }))
  }

  // Frames the strips of these indices (-1 is the last), or all without any, and scrolls to them, once they
  // are drawn: charts out of sight are not.
  lookAt(asked) {
    this.asked = asked
    if (this.inPlace && !this.stale) this.frameAsked()
    else scrollTo(this.box)
  }

  frameAsked() {
    const { strips } = this.inPlace
    const { t, h } = this.box._fullLayout._size
    const [first, last] = this.asked.length ? [Math.min, Math.max].map((end) => strips.at(end(...this.asked))) : [strips[0], strips.at(-1)]
    if (!first || !last) return
    const top = Math.max(0, t + h * first[0] - HEAD)
    Object.assign(this.lookedAt.style, { top: `${top}px`, height: `${t + h * last[1] - top + FRAME}px` })
    this.lookedAt.hidden = false
    scrollTo(this.box) // with what stands below its strips, if the window has room
    scrollTo(this.lookedAt)
  }

  // Draws for paper at once, even out of sight: the browser does not wait. A chart that has another width on
  // paper has that in its style.
  print(width) {
    if (!this.plotly || !width) return
    this.draw(parseFloat(this.style.getPropertyValue("--rnn-on-paper")) || width)
    this.mark()
  }

  resize() {
    if (!this.plotly || !this.box.clientWidth) return
    this.fit()
    if (this.box.clientWidth !== this.width || this.height !== this.drawnHeight) this.redraw()
  }

  redraw() {
    this.stale = true
    this.catchUp().then(() => this.mark())
  }

  use() {
    if (this.steps) playhead.used = this
  }

  // The step and the unit at a point of the window: null beside the cells, undefined without a chart of steps.
  at({ clientX, clientY }) {
    const { xaxis, yaxis } = this.box._fullLayout ?? {}
    if (!xaxis || !this.steps) return {}
    const { left, top } = this.box.getBoundingClientRect()
    const x = (clientX - left) / this.scale - xaxis._offset
    const y = (clientY - top) / this.scale - yaxis._offset
    const step = Math.min(Math.round(xaxis.p2l(x)), this.steps)
    return {
      step: step < 1 || x < 0 || x > xaxis._length ? null : step, // before step 1 is what a layer begins with
      unit: y < 0 || y > yaxis._length ? null : unitAt(yaxis.p2l(y), this.figure.layout.meta.rows),
    }
  }

  point(event) {
    const { step } = this.at(event)
    if (step) playhead.point(step, this)
    else playhead.leave(this)
  }

  press(event) {
    this.box.focus({ preventScroll: true })
    this.point(event)
    press(this, event)
  }

  hold(event) {
    const { step, unit } = this.at(event)
    if (!step) return
    playhead.pause()
    playhead.hold(unit === null ? { step } : { step, unit })
    if (this.data.chooses) this.setTriggerValue("chosen", step)
  }

  look() {
    this.mark()
    this.film.look()
  }

  mark() {
    const layout = this.box._fullLayout
    const axis = layout?.xaxis
    const shown = Boolean(axis && this.steps && playhead.step !== null)
    this.line.hidden = !shown
    this.rows.hidden = !(axis && this.steps && this.figure.layout.meta.rows?.units > 1)
    if (!this.rows.hidden) this.outline(layout)
    if (!shown) return this.say("")
    const step = Math.min(Math.max(playhead.step, 1), this.steps)
    const [from, to] = [axis.l2p(step - 0.5), axis.l2p(step + 0.5)]
    const beyond = Math.max(0, LEAST_FRAME - (to - from)) / 2 // so that a narrow step is seen in it
    const [left, right] = [from - beyond, to + beyond]
    this.line.style.transform = `translate(${axis._offset + left}px, ${layout._size.t}px)`
    this.line.style.width = `${right - left}px`
    this.line.style.height = `${layout._size.h}px`
    this.line.hidden = from < -1 || to > axis._length + 1
    this.say(this.data.looks ?? "", { step, unit: Math.min(playhead.unit, (this.inPlace?.units ?? 1) - 1) })
    this.tell(step)
    const { ends } = this.figure.layout.meta.rows ?? {}
    if (ends) [...this.line.children].forEach((strip, index) => (strip.hidden = step > ends[index]))
  }

  // Has Plotly label the cell at the playhead in front of a class, if its strip, the only one, has no room for numbers.
  tell(step) {
    if (playhead.over) return // its label is at the pointer
    const { data } = this.box
    const isTold = isPresented() && playhead.used === this && !data.some(isNumbered)
    const cells = data.filter(({ type, xaxis, x }) => isTold && type === "heatmap" && xaxis === "x" && x?.includes(step))
    if (cells.length === 1) {
      const [{ y }] = cells
      const unit = Math.min(playhead.unit, y.length - 2)
      const place = { curveNumber: data.indexOf(cells[0]), xval: step, yval: (y[unit] + y[unit + 1]) / 2 }
      this.plotly.Fx.hover(this.box, [place])
    } else if (this.told) this.plotly.Fx.unhover(this.box)
    this.told = cells.length === 1
  }

  // Says at which step and unit the frame is.
  say(looks, at) {
    const said = looks.replace(/{(\w+)}/g, (_, name) => at[name])
    if (this.looks.textContent !== said) this.looks.textContent = said
  }

  // Outlines the row of the playhead's unit in every strip that is drawn: a figure that has just come
  // may have others.
  outline({ xaxis, _size }) {
    if (!this.inPlace?.units) return
    const { strips, units } = this.inPlace
    const unit = Math.min(playhead.unit, units - 1)
    const [from, to] = [xaxis.l2p(0.5), xaxis.l2p(this.steps + 0.5)]
    this.rows.style.cssText = `left: ${xaxis._offset}px; top: ${_size.t}px; width: ${xaxis._length}px; height: ${_size.h}px`
    const place = [unit, units, from, to, this.rows.style.cssText, this.rows.childElementCount].join()
    if (this.outlined === place) return
    this.outlined = place
    for (const [index, [first, last]] of strips.entries()) {
      const high = (last - first) / units
      this.rows.children[index].style.cssText =
        `left: ${from}px; width: ${to - from}px; top: ${100 * (first + unit * high)}%; height: ${100 * high}%`
    }
  }

  async remove() {
    this.gone = true
    this.resizer.disconnect()
    this.watcher.disconnect()
    playhead.remove(this)
    charts.delete(this)
    this.film.remove()
    await this.drawn // else Plotly would look for elements that are gone
    this.plotly?.purge(this.box)
  }
}

const isNumbered = ({ meta, visible, xaxis }) => meta?.numbers && visible && xaxis === "x"

const charts = new Set()

window.addEventListener("resize", () => {
  for (const chart of charts) chart.resize()
})
window.addEventListener("beforeprint", () => {
  document.body.classList.add("rnn-print", "rnn-as-wide-as-paper")
  const widths = [...charts].map((chart) => [chart, chart.box.clientWidth]) // where columns have less room they wrap
  document.body.classList.remove("rnn-as-wide-as-paper")
  for (const [chart, width] of widths) chart.print(width)
})
window.addEventListener("afterprint", () => {
  document.body.classList.remove("rnn-print")
  for (const chart of charts) if (chart.plotly) chart.redraw()
})

// The playhead's frame round one strip.
function frame([from, to]) {
  const box = document.createElement("i")
  box.style.top = `${100 * from}%`
  box.style.height = `${100 * (to - from)}%`
  return box
}

// The px of a page that is presented below its title and above the keys.
function slideHeight() {
  return innerHeight - heightOf(document.querySelector("h1")) - heightOf(document.querySelector(".rnn-keys")) - rem()
}

// The px of an element, with their fractions; 0 where there is none to be seen.
function heightOf(element) {
  return element?.getBoundingClientRect().height ?? 0
}

// The px of the page's texts.
function rem() {
  return parseFloat(getComputedStyle(document.documentElement).fontSize)
}
