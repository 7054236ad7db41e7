// Draws a Plotly figure and keeps it: a change is a Plotly.react, never a new chart.
// All charts of the page share one playhead, a step that is marked in each of them.
// A chart that is out of sight is not drawn; scrolled to, it catches up.

const NUMBER_FONT = 12
const GLYPH = 0.5 // a digit's width in parts of the font's size
const TICK = 15 // px that a tick's text takes
const REST = 250 // ms without a move before Python hears of it
const BEAT = 700 // ms a step when playing
const NEAR = "100px" // how close to the window counts as in sight

let loading = null

function plotly(url) {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script")
    script.src = url
    script.onload = () => resolve(window.Plotly)
    script.onerror = () => reject(new Error(url))
    document.head.append(script)
  })
  return loading
}

const playhead = {
  step: null,
  charts: new Set(),
  active: null, // the chart that the pointer or the focus is in
  timer: null,
  rest: null,

  move(step, report = true) {
    if (step === this.step) return
    this.step = step
    for (const chart of this.charts) chart.mark()
    if (!report) return
    clearTimeout(this.rest)
    this.rest = setTimeout(() => {
      for (const chart of this.charts) chart.report(step)
    }, REST)
  },

  by(change) {
    const last = this.active.steps
    this.move(Math.min(Math.max((this.step ?? 0) + change, 1), last))
  },

  play() {
    if (this.timer) return this.pause()
    const last = this.active.steps
    if (this.step >= last) this.move(1)
    this.timer = setInterval(() => {
      if (!this.active || this.step >= last) return this.pause()
      this.by(1)
    }, BEAT)
  },

  pause() {
    clearInterval(this.timer)
    this.timer = null
  },
}

const KEYS = {
  ArrowLeft: () => playhead.by(-1),
  ArrowRight: () => playhead.by(1),
  " ": () => playhead.play(),
}

// First in line, so that a key that moves the playhead does not press a button of the page too.
window.addEventListener(
  "keydown",
  (event) => {
    const wanted = KEYS[event.key]
    const plain = !(event.ctrlKey || event.metaKey || event.altKey || event.shiftKey)
    const typing = event.target.closest?.("input, textarea, select, button, a, [role=tab], [role=slider]")
    if (!wanted || !plain || typing || !playhead.active?.steps) return
    event.preventDefault()
    event.stopImmediatePropagation()
    wanted()
  },
  true
)

class Chart {
  constructor(root) {
    this.box = root.querySelector(".rnn-plot")
    this.line = root.querySelector(".rnn-playhead")
    this.message = root.querySelector(".rnn-message")
    this.reported = []
    this.resizer = new ResizeObserver(() => this.resize())
    this.watcher = new IntersectionObserver((entries) => this.see(entries.at(-1).isIntersecting), {
      rootMargin: NEAR,
      scrollMargin: NEAR,
    })
    this.box.addEventListener("pointermove", (event) => this.point(event))
    this.box.addEventListener("pointerdown", (event) => {
      this.box.focus({ preventScroll: true })
      this.point(event)
    })
    this.box.addEventListener("pointerenter", () => (playhead.active = this))
    this.box.addEventListener("focusin", () => (playhead.active = this))
    this.box.addEventListener("pointerleave", () => this.box.contains(document.activeElement) || this.leave())
    this.box.addEventListener("focusout", () => this.leave())
    this.resizer.observe(this.box)
    this.watcher.observe(this.box)
    playhead.charts.add(this)
  }

  async update({ data, setTriggerValue, parentElement }) {
    this.data = data
    this.setTriggerValue = setTriggerValue
    if (this.source !== data.figure) {
      this.source = data.figure
      this.figure = JSON.parse(data.figure)
    }
    this.steps = this.figure.layout.meta?.steps ?? 0
    this.box.setAttribute("aria-label", data.alt)
    this.box.style.minHeight = `${this.figure.layout.height}px`
    this.style = getComputedStyle(parentElement.host ?? this.box)
    try {
      this.plotly = await plotly(data.script)
    } catch {
      this.message.textContent = data.unavailable
      return
    }
    if (this.data !== data || this.gone) return
    this.stale = true
    await this.catchUp()
    this.hear(data.step)
    this.mark()
  }

  see(near) {
    this.near = near
    this.catchUp().then(() => this.mark())
  }

  async catchUp() {
    if (!this.stale || !this.near || this.gone) return
    this.stale = false
    await this.draw()
  }

  async draw() {
    const traces = this.figure.data
    const layout = structuredClone(this.figure.layout) // Plotly writes zooms into what it is given
    const style = this.style
    const width = this.box.clientWidth
    this.width = width
    const narrow = width < 560
    const themed = theme(layout, style, narrow)
    if (themed.xaxis.tickvals) themed.xaxis = thinned(themed.xaxis, themed, width)
    const numbers = traces.filter((trace) => trace.meta?.numbers)
    const digits = room(numbers, themed, width)
    const fitted = traces.map((trace) =>
      numbers.includes(trace) ? sized(trace, digits, layout.meta.pageText, style) : trace
    )
    const touch = window.matchMedia("(pointer: coarse)").matches
    if (touch) themed.dragmode = false
    const config = { ...this.data.config, displayModeBar: touch ? false : this.data.config.displayModeBar }
    await this.plotly.react(this.box, fitted, { ...themed, width }, config)
    if (this.listening || this.gone) return
    this.listening = true
    this.box.on("plotly_relayout", () => this.mark())
    this.box.on("plotly_doubleclick", () => setTimeout(() => this.showAll()))
  }

  // Comes after Plotly's own way back, which goes to the range of the first figure drawn here.
  showAll() {
    this.plotly?.relayout(this.box, { "xaxis.range": this.figure.layout.xaxis.range })
  }

  resize() {
    if (!this.plotly || !this.box.clientWidth || this.box.clientWidth === this.width) return
    this.stale = true
    this.catchUp().then(() => this.mark())
  }

  // The step under the pointer becomes the playhead.
  point(event) {
    const axis = this.box._fullLayout?.xaxis
    if (!axis || !this.steps) return
    const x = event.clientX - this.box.getBoundingClientRect().left - axis._offset
    if (x < 0 || x > axis._length) return
    playhead.pause()
    playhead.move(Math.min(Math.max(Math.round(axis.p2l(x)), 1), this.steps))
  }

  mark() {
    const layout = this.box._fullLayout
    const axis = layout?.xaxis
    const shown = axis && this.steps && playhead.step !== null && playhead.step <= this.steps
    this.line.hidden = !shown
    if (!shown) return
    const left = axis.l2p(playhead.step - 0.5)
    const right = axis.l2p(playhead.step + 0.5)
    this.line.style.transform = `translate(${axis._offset + left}px, ${layout._size.t}px)`
    this.line.style.width = `${right - left}px`
    this.line.style.height = `${layout._size.h}px`
    this.line.hidden = left < -1 || right > axis._length + 1
  }

  // Python's step, unless it is the answer to one of ours: the visitor may have gone on since.
  hear(step) {
    const answered = this.reported.lastIndexOf(step)
    if (answered >= 0) this.reported.splice(0, answered + 1)
    else if (step && step !== this.told) playhead.move(step, false)
    this.told = step
  }

  report(step) {
    if (!this.data.reports || step > this.steps || step === (this.reported.at(-1) ?? this.told)) return
    this.reported.push(step)
    this.setTriggerValue("step", step)
  }

  leave() {
    if (playhead.active !== this) return
    playhead.active = null
    playhead.pause()
  }

  remove() {
    this.gone = true
    this.leave()
    this.resizer.disconnect()
    this.watcher.disconnect()
    playhead.charts.delete(this)
    this.plotly?.purge(this.box)
  }
}

// The page's colours and font, and smaller print where there is little room.
function theme(layout, style, narrow) {
  const text = style.getPropertyValue("--st-text-color")
  const border = style.getPropertyValue("--st-border-color")
  const back = style.getPropertyValue("--st-background-color")
  const size = narrow ? 10 : 12
  const themed = {
    ...layout,
    paper_bgcolor: "rgba(0, 0, 0, 0)",
    plot_bgcolor: "rgba(0, 0, 0, 0)",
    font: { color: text, family: style.getPropertyValue("--st-font"), size },
    hoverlabel: { ...layout.hoverlabel, bgcolor: back, bordercolor: border, font: { color: text } },
    modebar: { bgcolor: "rgba(0, 0, 0, 0)", color: border, activecolor: text },
  }
  for (const name of Object.keys(layout)) {
    if (/^[xy]axis\d*$/.test(name)) themed[name] = { gridcolor: border, zerolinecolor: border, ...layout[name] }
  }
  return themed
}

// Every second, third, … tick where all have no room; the first of a step axis is not a step.
function thinned(axis, layout, width) {
  const [from, to] = axis.domain ?? [0, 1]
  const plot = (width - layout.margin.l - layout.margin.r) * (to - from)
  const every = Math.ceil((TICK * axis.tickvals.length) / plot)
  const kept = (_, index) => index === 0 || index % every === 0
  return { ...axis, tickvals: axis.tickvals.filter(kept), ticktext: axis.ticktext.filter(kept) }
}

// Which of the numbers' ways of being written, from the most digits to the fewest, fits all cells;
// -1 where none does.
function room(numbers, layout, width) {
  const plot = width - layout.margin.l - layout.margin.r
  const fits = (trace, texts) => {
    const axis = layout[`xaxis${(trace.xaxis ?? "x").slice(1)}`]
    const [from, to] = axis.domain ?? [0, 1]
    const cell = (plot * (to - from)) / (axis.range[1] - axis.range[0])
    return Math.max(...texts.map((text) => text.length)) * NUMBER_FONT * GLYPH <= cell - 3
  }
  const ways = numbers[0]?.meta.numbers.keys() ?? []
  return [...ways].findIndex((way) => numbers.every((trace) => fits(trace, trace.meta.numbers[way])))
}

// Numbers that do not fit are not drawn at all; the page's text has its own colour.
function sized(trace, digits, pageText, style) {
  const text = style.getPropertyValue("--st-text-color")
  const color = trace.textfont.color.map((own) => (own === pageText ? text : own))
  const textfont = { size: NUMBER_FONT, color }
  return { ...trace, text: trace.meta.numbers[digits] ?? trace.text, visible: digits >= 0, textfont }
}

// Streamlit adds an entry to the history for each widget that a run sets, and one whenever the step
// changes. One entry for a run, and none for a step, is what a visitor goes back through.
const JOINED = 300 // ms within which entries belong together
let lastEntry = -Infinity
const add = history.pushState.bind(history)

function without(step, url) {
  const address = new URL(url, location.href)
  address.searchParams.delete(step)
  return address.href
}

history.pushState = (state, unused, url) => {
  const own = url && without("step", url) === without("step", location.href)
  const joined = performance.now() - lastEntry < JOINED
  const samePage = url && new URL(url, location.href).pathname === location.pathname
  if (samePage && (own || joined)) return history.replaceState(state, unused, url)
  lastEntry = performance.now()
  add(state, unused, url)
}

const charts = new WeakMap()

export default function (component) {
  const { parentElement } = component
  if (!charts.has(parentElement)) charts.set(parentElement, new Chart(parentElement))
  const chart = charts.get(parentElement)
  chart.update(component)
  return () => {
    chart.remove()
    charts.delete(parentElement)
  }
}
