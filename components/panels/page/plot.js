// Draws Plotly figures. A chart stays: a change is a Plotly.react, never a new chart. One that is out of
// sight is drawn only when it is scrolled to.
// All charts of the page share one playhead (playhead.js); one may be a film (film.js). What is drawn
// beside them is in looking.js. All of these files are one module, which ends with this one.

const SIZES = [14, 12] // px of a chart's text: the first with room for it
const REM = 16 // px of the page's texts for which figures are made
const PHONE = "(max-width: 640px)" // as the styles have it
const APART = 4 // px between two texts, at least
const ROUND = [1, 2, 3, 4, 5, 10, 20, 50, 100] // allowed numbers of steps from one tick to the next
const NEAR = "100px" // a chart this close to the window counts as in sight
const LEAST_FRAME = 8 // px of the playhead's width, at least
const SLOP = 6 // px that the pointer may move in a click; if it moves further, it zooms or scrolls
const PAPER = 680 // px, the width of the widest chart on paper: that of A4 without margins
const ICONS = { png: "camera", svg: "disk" } // Plotly's, by the format that their button downloads
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
  '<div class="rnn-chart"><div class="rnn-picture"><div class="rnn-plot" role="figure" tabindex="0"></div>' +
  '<canvas class="rnn-cells" hidden></canvas><div class="rnn-rows" hidden></div>' +
  '<div class="rnn-playhead" hidden></div></div><p class="rnn-message" role="status"></p>' +
  '<div class="rnn-film" hidden><button type="button"></button>' +
  '<input type="range" min="0" step="1"><output></output></div>' +
  '<p class="rnn-below"><span class="rnn-hint"></span> <span></span></p></div>'

class Chart {
  constructor(root) {
    root.innerHTML = CHART
    this.picture = root.querySelector(".rnn-picture")
    this.box = root.querySelector(".rnn-plot")
    this.rows = root.querySelector(".rnn-rows")
    this.line = root.querySelector(".rnn-playhead")
    this.message = root.querySelector(".rnn-message")
    ;[this.hint, this.note] = root.querySelectorAll(".rnn-below span")
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
    charts.add(this)
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
    this.hint.textContent = [data.hint?.[by], this.film.film && data.film[by]].filter(Boolean).join(" ")
    this.note.textContent = data.note ?? ""
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
    const isFirst = document.querySelector(".rnn-plot") === this.box
    const room = isPresented() && isFirst ? innerHeight - this.film.bar.offsetHeight - rem() : 0
    const { height } = this.figure.layout
    const scale = Math.max(1, Math.min(rem() / REM, room ? room / height : Infinity))
    Object.assign(this, { scale, height: Math.max(height, room / scale) })
    this.picture.style.cssText =
      scale === 1 ? "" : `width: ${100 / scale}%; transform: scale(${scale}); margin-bottom: ${(scale - 1) * this.height}px`
    this.box.style.minHeight = `${this.height}px`
  }

  async draw(paper) {
    this.fit()
    const width = paper ?? this.box.clientWidth
    const traces = this.film.cells(this.figure.data)
    const layout = structuredClone(this.figure.layout) // Plotly writes zooms into the layout it gets
    const style = this.style
    this.width = width
    this.drawnHeight = this.height
    const sizes = isPresented() ? SIZES.slice(0, 1) : window.matchMedia(PHONE).matches ? SIZES.slice(-1) : SIZES
    const themed = { ...theme(layout, style, sizes[0]), width, height: this.height }
    themed.margin = { ...layout.margin, l: leftMargin(themed) }
    for (const name of ["xaxis", "xaxis2"]) if (isNamed(themed[name])) themed[name] = cut(themed[name], themed, sizes)
    if (themed.xaxis.tickvals && !isNamed(themed.xaxis)) themed.xaxis = thinned(themed.xaxis, themed, sizes)
    themed.annotations = clear(themed, sizes)
    const numbers = traces.filter((trace) => trace.meta?.numbers)
    const written = room(numbers, themed, sizes)
    const fitted = traces.map((trace) => (numbers.includes(trace) ? sized(trace, written, themed) : trace))
    if (this.touch) themed.dragmode = false
    await this.draws(this.plotly.react(this.box, fitted, themed, this.config()))
    this.nameButtons()
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

  // Draws for paper in this very moment, even out of sight: the browser does not wait.
  print(scale) {
    if (!this.plotly || !this.box.clientWidth) return
    this.draw(this.box.clientWidth * scale)
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

  // The step and the unit at a point of the window; null where there is none.
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
    charts.delete(this)
    this.film.remove()
    await this.drawn // else Plotly would look for elements that are gone
    this.plotly?.purge(this.box)
  }
}

const charts = new Set()

window.addEventListener("resize", () => {
  for (const chart of charts) chart.resize()
})
window.addEventListener("beforeprint", () => {
  document.body.classList.add("rnn-print")
  const widest = Math.max(...[...charts].map((chart) => chart.box.clientWidth))
  for (const chart of charts) chart.print(PAPER / widest)
})
window.addEventListener("afterprint", () => {
  document.body.classList.remove("rnn-print")
  for (const chart of charts) if (chart.plotly) chart.redraw()
})

// The press of the primary button, or of a finger, that may become a click. The window listens for its
// end, as Plotly covers the page while a button is down.
let pressed = null

window.addEventListener("pointerup", (event) => {
  const { chart, event: start } = pressed ?? {}
  pressed = null
  told?.dispatchEvent(new MouseEvent("mouseout", { bubbles: true }))
  told = null
  if (!chart || event.pointerId !== start.pointerId) return
  if (Math.hypot(event.clientX - start.clientX, event.clientY - start.clientY) > SLOP) return
  chart.hold(event)
  if (event.pointerType === "touch") setTimeout(() => tell(start.target, event)) // once Plotly has let go
})
window.addEventListener("pointercancel", () => (pressed = null))

// What a finger has tapped: its label stays until the next touch.
let told = null

// Has Plotly say what is at a place, as it does under a pointer: a finger is none to it.
function tell(target, { clientX, clientY }) {
  told = target
  target.dispatchEvent(new MouseEvent("mousemove", { bubbles: true, clientX, clientY }))
}

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

// The px of the page's texts.
function rem() {
  return parseFloat(getComputedStyle(document.documentElement).fontSize)
}

// The layout with the page's colours and font.
function theme(layout, style, size) {
  const text = style.getPropertyValue("--st-text-color")
  const border = style.getPropertyValue("--st-border-color")
  const back = style.getPropertyValue("--st-background-color")
  const font = { color: text, family: style.getPropertyValue("--st-font"), size }
  const themed = {
    ...layout,
    paper_bgcolor: "rgba(0, 0, 0, 0)",
    plot_bgcolor: "rgba(0, 0, 0, 0)",
    font,
    hoverlabel: { ...layout.hoverlabel, bgcolor: back, bordercolor: border, font },
    modebar: { bgcolor: "rgba(0, 0, 0, 0)", color: border, activecolor: text },
  }
  const axis = { gridcolor: border, zerolinecolor: border, ticklabeloverflow: "allow" } // else each is measured
  for (const name of Object.keys(layout)) {
    if (!/^[xy]axis\d*$/.test(name)) continue
    themed[name] = { ...axis, ...layout[name], title: { ...layout[name].title, font: { size } } }
  }
  return themed
}

const pen = new OffscreenCanvas(1, 1).getContext("2d")

// The px that a text takes: its widest line. What stands in <b> is bold.
function wide(text, { family, ...font }, size = font.size) {
  const lines = String(text).split("<br>").map((line) => {
    const parts = line.split(/<\/?b>/).map((part, index) => {
      pen.font = `${index % 2 ? 700 : 400} ${size}px ${family}`
      return pen.measureText(part.replace(/<[^>]*>/g, "").replace(/&#?\w+;/g, "m")).width
    })
    return parts.reduce((sum, part) => sum + part, 0)
  })
  return Math.max(...lines)
}

// Where a label stands, in parts of the plot, and how many px it reaches to the left from there.
function placed({ text, x, xref, xanchor, xshift = 0 }, layout) {
  const { domain: [from, to] = [0, 1], range: [low, high] = [0, 1] } = layout[xref.replace("x", "xaxis")] ?? {}
  const before = { center: 0.5, right: 1 }[xanchor] ?? 0
  return { at: from + ((to - from) * (x - low)) / (high - low), before: before * wide(text, layout.font) - xshift }
}

// The room at the left of the plot for the texts that stand there; as the figure has it beside an axis
// of numbers.
function leftMargin({ annotations = [], ...layout }) {
  const { font, margin, width } = layout
  const first = ({ anchor = "x" }) => !layout[anchor.replace("x", "xaxis")]?.domain?.[0]
  const axes = Object.keys(layout).filter((name) => name.startsWith("yaxis")).map((name) => layout[name]).filter(first)
  if (!axes.every(({ ticktext }) => ticktext)) return margin.l
  const ticks = axes.flatMap(({ ticktext, ticklabelstandoff }) => ticktext.map((text) => wide(text, font) + ticklabelstandoff))
  const labels = annotations.map((label) => placed(label, layout)).map(({ at, before }) => before - at * (width - margin.l - margin.r))
  return Math.ceil(Math.max(0, ...ticks, ...labels)) + APART
}

// The px of a column on an x axis, or of a row on a y axis.
function pitch({ domain: [from, to] = [0, 1], range: [low, high] }, { margin, width, height }) {
  const plot = high > low ? width - margin.l - margin.r : height - margin.t - margin.b // rows go down
  return (plot * (to - from)) / Math.abs(high - low)
}

// An axis with its ticks as large as all fit or, if there is no room for all, with only every second,
// third, … one. A tick between whole numbers marks initial states, not a step; of it there are only the
// lines that touch nothing.
function thinned(axis, layout, sizes) {
  const { font } = layout
  const px = pitch(axis, layout)
  const steps = axis.tickvals.filter(Number.isInteger)
  const each = ((steps[1] ?? 1) - (steps[0] ?? 0)) * px
  const labels = axis.ticktext.filter((_, index) => Number.isInteger(axis.tickvals[index]))
  const room = (size) => Math.max(...labels.map((text) => wide(text, font, size))) + APART
  const size = sizes.find((one) => room(one) <= each) ?? sizes.at(-1)
  const every = ROUND.find((one) => one * px >= room(size)) ?? Infinity
  const kept = (_, index) => !Number.isInteger(axis.tickvals[index]) || axis.tickvals[index] % every === 0
  const tickvals = axis.tickvals.filter(kept)
  const ticktext = axis.ticktext.filter(kept).map((text, index, texts) => {
    if (Number.isInteger(tickvals[index])) return text
    const away = (next) => px * Math.abs(tickvals[next] - tickvals[index])
    const half = (said) => wide(said, font, size) / 2
    const fits = (line) =>
      half(line) <= px * (tickvals[index] - axis.range[0]) + APART / 2 && // else it would touch what the lines are
      [index - 1, index + 1].every((next) => !(next in texts) || half(line) + half(texts[next]) + APART / 2 <= away(next))
    return text.split("<br>").map((line) => (fits(line) ? line : "")).join("<br>")
  })
  return { ...axis, tickvals, ticktext, tickfont: { size } }
}

// Whether there are names above an axis, one a column, and not just numbers.
function isNamed(axis) {
  return axis?.side === "top" && axis.ticktext.some(isNaN)
}

// An axis with the names above it as large as all fit their columns, or else each cut to its own.
function cut(axis, layout, sizes) {
  const { font } = layout
  const column = pitch(axis, layout) - APART
  const size = sizes.find((one) => axis.ticktext.every((text) => wide(text, font, one) <= column)) ?? sizes.at(-1)
  return { ...axis, ticktext: axis.ticktext.map((text) => shortened(text, column, font, size)), tickfont: { size } }
}

// A text with its first word and as many of its last ones as fit, which tell it from others; of one word
// its first letters.
function shortened(text, room, font, size) {
  const fits = (said) => wide(said, font, size) <= room
  if (fits(text)) return text
  const [first, ...words] = text.split(" ")
  const begin = first.includes("<b>") && !first.includes("</b>") ? `${first}</b>` : first
  const ways = words.slice(1).map((_, index) => `${begin} … ${words.slice(index + 1).join(" ")}`)
  const letters = text.match(/<[^>]*>|&#?\w+;|./gu)
  const cuts = letters.map((_, index) => `${letters.slice(0, -index - 1).join("")}…`)
  return [...ways, ...cuts.slice(0, -2)].find(fits) ?? ""
}

// The labels, so that none of those on one line runs into the next: a title begins at the chart's edge,
// and is as large as it fits, or cut; any other moves to the left.
function clear(layout, sizes) {
  const { font, margin, width } = layout
  const annotations = (layout.annotations ?? []).map((label) =>
    label.name === "title" && label.x === 0 ? { ...label, xshift: -margin.l } : label
  )
  const left = (label) => {
    const { at, before } = placed(label, layout)
    return margin.l + (width - margin.l - margin.r) * at - before
  }
  const lines = Map.groupBy(annotations, ({ yref, y, yanchor, yshift }) => [yref, y, yanchor, yshift].join())
  return [...lines.values()].flatMap((labels) => {
    let end = width - APART
    return labels.toSorted((one, other) => left(other) - left(one)).map((label) => {
      const room = end - left(label)
      const over = wide(label.text, font) - room
      const moves = label.name !== "title" || label.xanchor === "right"
      if (moves && over > 0) label = { ...label, xshift: (label.xshift ?? 0) - over }
      end = left(label) - APART
      if (moves || over <= 0) return label
      const size = sizes.find((one) => wide(label.text, font, one) <= room) ?? sizes.at(-1)
      return { ...label, text: shortened(label.text, room, font, size), font: { ...label.font, size } }
    })
  })
}

// Of the traces of numbers those that fit their cells when written shortest, and the first way of
// writing and size in which all of these fit: more digits come first.
function room(numbers, layout, sizes) {
  const fits = (trace, texts, size, apart) => {
    const [x, y] = ["xaxis", "yaxis"].map((name) => layout[`${name}${(trace[name] ?? name[0]).slice(1)}`])
    const widest = Math.max(...texts.map((text) => wide(text, layout.font, size)))
    return widest <= pitch(x, layout) - apart && size <= pitch(y, layout) - 2
  }
  const shown = numbers.filter((trace) => fits(trace, trace.meta.numbers.at(-1), sizes.at(-1), 0))
  const ways = [...(shown[0]?.meta.numbers.keys() ?? [])].flatMap((way) => sizes.map((size) => ({ way, size })))
  const fit = ({ way, size }) => shown.every((trace) => fits(trace, trace.meta.numbers[way], size, APART / 2))
  return { shown, ...(ways.find(fit) ?? ways.at(-1)) }
}

// A trace of numbers with its font, hidden if they do not fit. `pageText` stands for the page's colour.
function sized(trace, { shown, way, size }, { font, meta }) {
  const color = trace.textfont.color.map((own) => (own === meta.pageText ? font.color : own))
  return { ...trace, text: trace.meta.numbers[way] ?? trace.text, visible: shown.includes(trace), textfont: { size, color } }
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
