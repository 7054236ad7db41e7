// Draws Plotly figures. A chart stays: a change is a Plotly.react, never a new chart. One that is out of
// sight is drawn only when it is scrolled to.
// All charts of the page share one playhead (playhead.js); one may be a film (film.js). What is drawn
// beside them is in looking.js. All of these files are one module, which ends with this one.

const NUMBER_FONT = 12
const PHONE = "(max-width: 640px)" // as the styles have it
const GLYPH = 0.5 // width of a digit, relative to the font's size
const LETTER = 0.46 // of a letter in a label
const BOLD = 0.56 // of a bold letter
const TICK = 15 // px that a short tick label takes
const APART = 4 // px between two long ones
const ROUND = [1, 2, 3, 4, 5, 10, 20, 50, 100] // allowed numbers of steps from one tick to the next
const NEAR = "100px" // a chart this close to the window counts as in sight
const LEAST_FRAME = 8 // px of the playhead's width, at least
const SLOP = 6 // px that the pointer may move in a click; if it moves further, it zooms or scrolls
const NO_STEP = ".modebar, .legend" // a click on these does not choose a step

let loading = null

function plotly(url) {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script")
    script.src = url
    script.onload = () => resolve(window.Plotly)
    script.onerror = () => {
      loading = null // the next chart tries again
      reject(new Error(url))
    }
    document.head.append(script)
  })
  return loading
}

const CHART =
  '<div class="rnn-chart"><div class="rnn-plot" role="figure" tabindex="0"></div>' +
  '<canvas class="rnn-cells" hidden></canvas><div class="rnn-rows" hidden></div>' +
  '<div class="rnn-playhead" hidden></div><p class="rnn-message" role="status"></p>' +
  '<div class="rnn-film" hidden><button type="button"></button>' +
  '<input type="range" min="0" step="1"><output></output></div>' +
  '<p class="rnn-below"></p><p class="rnn-below"></p></div>'

class Chart {
  constructor(root) {
    root.innerHTML = CHART
    this.box = root.querySelector(".rnn-plot")
    this.rows = root.querySelector(".rnn-rows")
    this.line = root.querySelector(".rnn-playhead")
    this.message = root.querySelector(".rnn-message")
    this.notes = root.querySelectorAll(".rnn-below")
    this.touch = window.matchMedia("(pointer: coarse)").matches
    this.drawn = Promise.resolve() // resolved when Plotly has finished all drawing
    this.film = new Film(root, this)
    this.resizer = new ResizeObserver(() => this.resize())
    this.watcher = new IntersectionObserver((entries) => this.see(entries.at(-1).isIntersecting), {
      rootMargin: NEAR,
      scrollMargin: NEAR,
    })
    this.box.addEventListener("pointerenter", () => this.use())
    this.box.addEventListener("focusin", () => this.use())
    this.box.addEventListener("pointermove", (event) => this.point(event))
    this.box.addEventListener("pointerdown", (event) => this.press(event))
    this.box.addEventListener("pointerleave", () => playhead.leave(this))
    this.resizer.observe(this.box)
    this.watcher.observe(this.box)
    playhead.add(this)
  }

  async update({ data, setTriggerValue, parentElement }) {
    this.data = data
    this.setTriggerValue = setTriggerValue
    if (this.source !== data.figure) {
      this.source = data.figure
      this.figure = JSON.parse(data.figure)
    }
    this.steps = this.figure.layout.meta?.steps ?? 0
    this.film.update(this.figure.layout.meta?.film, data.film)
    playhead.begin(data.at)
    this.box.setAttribute("aria-label", data.alt)
    const by = this.touch ? "touch" : "pointer"
    const hints = [data.hint?.[by], this.film.film && data.film[by]]
    for (const [at, said] of [hints.filter(Boolean).join(" "), data.note].entries()) this.notes[at].textContent = said ?? ""
    this.box.style.minHeight = `${this.figure.layout.height}px`
    this.style = getComputedStyle(parentElement.host ?? this.box)
    try {
      this.plotly = await plotly(data.script)
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

  async draw() {
    const traces = this.film.cells(this.figure.data)
    const layout = structuredClone(this.figure.layout) // Plotly writes zooms into the layout it gets
    const style = this.style
    const width = this.box.clientWidth
    this.width = width
    const themed = theme(layout, style, window.matchMedia(PHONE).matches)
    for (const name of ["xaxis", "xaxis2"]) if (isNamed(themed[name])) themed[name] = cut(themed[name], themed, width)
    if (themed.xaxis.tickvals && !isNamed(themed.xaxis)) themed.xaxis = thinned(themed.xaxis, themed, width)
    if (themed.xaxis2) themed.annotations = clear(themed, width)
    const numbers = traces.filter((trace) => trace.meta?.numbers)
    const { shown, digits } = room(numbers, themed, width)
    const fitted = traces.map((trace) =>
      numbers.includes(trace) ? sized(trace, shown.includes(trace), digits, layout.meta.pageText, style) : trace
    )
    if (this.touch) themed.dragmode = false
    await this.draws(this.plotly.react(this.box, fitted, { ...themed, width }, this.config()))
    this.film.wipe()
    this.line.replaceChildren(...strips(layout).map(frame))
    this.rows.replaceChildren(...strips(layout).map(() => document.createElement("i")))
    this.inPlace = { strips: strips(layout), units: layout.meta?.rows?.units }
    this.outlined = null
    if (this.listening || this.gone) return
    this.listening = true
    // The chart's label says what it shows; all else that a screen reader needs is the button.
    for (const drawing of this.box.querySelectorAll(".main-svg")) drawing.ariaHidden = true
    this.box.on("plotly_relayout", () => this.mark())
    this.box.on("plotly_doubleclick", () => setTimeout(() => this.showAll()))
  }

  // The config has to stay the same, as Plotly.react with another one draws a new chart. So the button
  // has a function of its own: Plotly's takes the file's name from the config.
  config() {
    const { config, download } = this.data
    // Plotly refuses a click during the download before it.
    this.camera ??= () => this.plotly.downloadImage(this.box, this.data.image).catch(() => {})
    const button = { name: "download", title: download, icon: this.plotly.Icons.camera, click: this.camera }
    return { ...config, modeBarButtons: [[button]], ...(this.touch && { displayModeBar: false }) }
  }

  draws(drawing) {
    this.drawn = Promise.allSettled([this.drawn, drawing])
    return drawing
  }

  // Runs after Plotly's own reset, which goes to the range of the first figure drawn here.
  showAll() {
    this.draws(this.plotly?.relayout(this.box, { "xaxis.range": this.figure.layout.xaxis.range }))
  }

  resize() {
    if (!this.plotly || !this.box.clientWidth || this.box.clientWidth === this.width) return
    this.stale = true
    this.catchUp().then(() => this.mark())
  }

  use() {
    if (this.steps) playhead.used = this
  }

  // The step and the unit at a point of the window; null where there is none.
  at({ clientX, clientY }) {
    const { xaxis, yaxis } = this.box._fullLayout ?? {}
    if (!xaxis || !this.steps) return {}
    const { left, top } = this.box.getBoundingClientRect()
    const x = clientX - left - xaxis._offset
    const y = clientY - top - yaxis._offset
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
    pressed = event.isPrimary && event.button === 0 && !event.target.closest(NO_STEP) ? { chart: this, event } : null
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
    if (!shown) return
    const step = Math.min(Math.max(playhead.step, 1), this.steps)
    const [from, to] = [axis.l2p(step - 0.5), axis.l2p(step + 0.5)]
    const beyond = Math.max(0, LEAST_FRAME - (to - from)) / 2 // so that a narrow step is seen in it
    const [left, right] = [from - beyond, to + beyond]
    this.line.style.transform = `translate(${axis._offset + left}px, ${layout._size.t}px)`
    this.line.style.width = `${right - left}px`
    this.line.style.height = `${layout._size.h}px`
    this.line.hidden = from < -1 || to > axis._length + 1
    const { ends } = this.figure.layout.meta.rows ?? {}
    if (ends) [...this.line.children].forEach((strip, index) => (strip.hidden = step > ends[index]))
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
    this.film.remove()
    await this.drawn // else Plotly would look for elements that are gone
    this.plotly?.purge(this.box)
  }
}

// The press of the primary button, or of a finger, that may become a click. The window listens for its
// end, as Plotly covers the page while a button is down.
let pressed = null

window.addEventListener("pointerup", (event) => {
  const { chart, event: start } = pressed ?? {}
  pressed = null
  if (!chart || event.pointerId !== start.pointerId) return
  if (Math.hypot(event.clientX - start.clientX, event.clientY - start.clientY) <= SLOP) chart.hold(event)
})
window.addEventListener("pointercancel", () => (pressed = null))

// Where on the y axis each strip of rows begins and ends, from 0 to 1; without rows, the whole plot.
function strips({ yaxis, meta }) {
  const { rows } = meta ?? {}
  if (!rows) return [[0, 1]]
  const [bottom, top] = yaxis.range
  const count = Math.round((bottom - top) / rows.pitch)
  const share = (y) => (y - top) / (bottom - top)
  return Array.from({ length: count }, (_, strip) => {
    const first = rows.top + strip * rows.pitch
    return [share(first), share(first + rows.height)]
  })
}

// The playhead's frame round one strip.
function frame([from, to]) {
  const box = document.createElement("i")
  box.style.top = `${100 * from}%`
  box.style.height = `${100 * (to - from)}%`
  return box
}

// The unit whose row is at y, in any strip; null between strips, and if strips have only one row.
function unitAt(y, rows) {
  if (!rows || rows.units === 1) return null
  const within = (((y - rows.top) % rows.pitch) + rows.pitch) % rows.pitch
  return within < rows.height ? Math.floor((within / rows.height) * rows.units) : null
}

// The layout with the page's colours and font, and smaller print on a phone.
function theme(layout, style, phone) {
  const text = style.getPropertyValue("--st-text-color")
  const border = style.getPropertyValue("--st-border-color")
  const back = style.getPropertyValue("--st-background-color")
  const size = phone ? 10 : 12
  const themed = {
    ...layout,
    paper_bgcolor: "rgba(0, 0, 0, 0)",
    plot_bgcolor: "rgba(0, 0, 0, 0)",
    font: { color: text, family: style.getPropertyValue("--st-font"), size },
    hoverlabel: { ...layout.hoverlabel, bgcolor: back, bordercolor: border, font: { color: text } },
    modebar: { bgcolor: "rgba(0, 0, 0, 0)", color: border, activecolor: text },
  }
  const axis = { gridcolor: border, zerolinecolor: border, ticklabeloverflow: "allow" } // else each is measured
  for (const name of Object.keys(layout)) {
    if (/^[xy]axis\d*$/.test(name)) themed[name] = { ...axis, ...layout[name] }
  }
  return themed
}

// An axis with only every second, third, … tick if there is no room for all. A tick between whole
// numbers marks initial states, not a step; below it, further lines that would touch a token are cut.
function thinned(axis, layout, width) {
  const [from, to] = axis.domain ?? [0, 1]
  const plot = (width - layout.margin.l - layout.margin.r) * (to - from)
  const lines = (text) => String(text).split("<br>")
  const wide = (text) => {
    const letters = lines(text).map((line) => line.replace(/<[^>]*>/g, "").length)
    return Math.max(...letters) * layout.font.size * BOLD
  }
  const labels = axis.ticktext.filter((_, index) => Number.isInteger(axis.tickvals[index]))
  const room = Math.max(TICK, ...labels.map((text) => wide(text) + APART))
  const steps = axis.tickvals.filter(Number.isInteger)
  const apart = ((steps[1] ?? 1) - (steps[0] ?? 0)) * ((room * axis.tickvals.length) / plot)
  const every = ROUND.find((each) => each >= apart) ?? Infinity
  const kept = (_, index) => !Number.isInteger(axis.tickvals[index]) || axis.tickvals[index] % every === 0
  const tickvals = axis.tickvals.filter(kept)
  const place = (value) => (plot * value) / (axis.range[1] - axis.range[0])
  const ticktext = axis.ticktext.filter(kept).map((text, index, texts) => {
    if (Number.isInteger(tickvals[index])) return text
    const away = (next) => Math.abs(place(tickvals[next]) - place(tickvals[index]))
    const touches = [index - 1, index + 1].some(
      (next) => next in texts && away(next) < (wide(text) + wide(texts[next])) / 2 + APART / 2
    )
    return touches ? lines(text)[0] : text
  })
  return { ...axis, tickvals, ticktext }
}

// Whether there are names above an axis, one a column, and not just numbers.
function isNamed(axis) {
  return axis?.side === "top" && axis.ticktext.some(isNaN)
}

// An axis with each name above it cut to its column.
function cut(axis, layout, width) {
  const [from, to] = axis.domain ?? [0, 1]
  const column = ((width - layout.margin.l - layout.margin.r) * (to - from)) / (axis.range[1] - axis.range[0])
  const most = Math.floor((column - APART) / (layout.font.size * GLYPH))
  const ticktext = axis.ticktext.map((name) => {
    const letters = name.match(/&#?\w+;|./gu) ?? []
    if (letters.length <= most) return name
    return most < 3 ? "" : `${letters.slice(0, most - 2).join("")}…` // it is wider than a letter
  })
  return { ...axis, ticktext }
}

// The annotations, with a title of steps cut where the name of a state follows it.
function clear({ annotations, xaxis, margin, font }, width) {
  const named = new Set(annotations.filter(({ xref }) => xref === "x2").map(({ y }) => y))
  return annotations.map((label) => {
    if (label.name !== "title" || label.xanchor !== "left" || !named.has(label.y)) return label
    const space = (width - margin.l - margin.r) * (xaxis.domain[1] - label.x)
    let left = Math.floor(space / (font.size * LETTER)) - 2
    const text = label.text.replace(/<[^>]*>|[^<]/gu, (piece) => (piece[0] === "<" || left-- > 0 ? piece : ""))
    return left < 0 ? { ...label, text: `${text}…` } : label
  })
}

// The traces whose numbers fit their cells with the fewest digits, and the first way of writing, from
// the most digits to the fewest, in which all of these fit.
function room(numbers, layout, width) {
  const plot = width - layout.margin.l - layout.margin.r
  const fits = (trace, texts) => {
    const axis = layout[`xaxis${(trace.xaxis ?? "x").slice(1)}`]
    const [from, to] = axis.domain ?? [0, 1]
    const cell = (plot * (to - from)) / (axis.range[1] - axis.range[0])
    return Math.max(...texts.map((text) => text.length)) * NUMBER_FONT * GLYPH <= cell - 3
  }
  const shown = numbers.filter((trace) => fits(trace, trace.meta.numbers.at(-1)))
  const ways = [...(shown[0]?.meta.numbers.keys() ?? [])]
  const digits = ways.find((way) => shown.every((trace) => fits(trace, trace.meta.numbers[way])))
  return { shown, digits }
}

// A trace of numbers with its font, hidden if they do not fit. `pageText` stands for the page's colour.
function sized(trace, visible, digits, pageText, style) {
  const text = style.getPropertyValue("--st-text-color")
  const color = trace.textfont.color.map((own) => (own === pageText ? text : own))
  const textfont = { size: NUMBER_FONT, color }
  return { ...trace, text: trace.meta.numbers[digits] ?? trace.text, visible, textfont }
}

const drawn = new WeakMap()

export default function (component) {
  const { data, parentElement } = component
  if (!drawn.has(parentElement)) {
    const Kind = data.diagram ? Diagram : data.sheet ? Sheet : data.controls ? Controls : data.links ? Links : Chart
    drawn.set(parentElement, new Kind(parentElement.querySelector(".rnn-own")))
  }
  const own = drawn.get(parentElement)
  own.update(component)
  return () => {
    own.remove()
    drawn.delete(parentElement)
  }
}
