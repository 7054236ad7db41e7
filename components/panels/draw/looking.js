// What else follows the playhead beside the charts: the controls for step and unit, HTML with their
// numbers, and links that take the checkpoint along.

import { filled, piecesOf } from "./numbers.js"
import { playhead } from "../browser/playhead.js"

export const within = (value, most) => Math.min(Math.max(value, 0), most)

// The text that HTML shows.
export function plainOf(html) {
  const box = document.createElement("span")
  box.innerHTML = html
  return box.textContent
}

export class Controls {
  constructor(box) {
    box.innerHTML =
      '<div class="rnn-controls"><button type="button"></button><button type="button"></button>' +
      '<label><span></span><b></b><input type="range" min="1" step="1"></label>' +
      '<label><span></span><b></b><input type="range" min="0" step="1"></label></div>' +
      '<p class="rnn-below" role="status"></p>'
    this.buttons = box.querySelectorAll("button")
    this.labels = box.querySelectorAll("label")
    this.message = box.querySelector("p")
    for (const [place, button] of this.buttons.entries()) {
      button.addEventListener("click", () => {
        playhead.pause()
        playhead.by(place ? 1 : -1)
      })
    }
    for (const [place, label] of this.labels.entries()) {
      label.querySelector("input").addEventListener("input", ({ target }) => {
        playhead.pause()
        playhead.hold({ [place ? "unit" : "step"]: Number(target.value) })
      })
    }
    playhead.add(this)
  }

  update({ data }) {
    const { steps, units, begins, words, said, at } = data.controls
    this.shown = null
    Object.assign(this, { steps, units, begins, words, said: piecesOf(said) })
    for (const [place, button] of this.buttons.entries()) {
      button.textContent = words.buttons[place]
      button.hidden = steps === 1
    }
    for (const [place, label] of this.labels.entries()) {
      const [first, last] = place ? [0, units - 1] : [1, steps]
      label.hidden = first === last
      label.title = words.help[place]
      label.querySelector("span").textContent = words.labels[place]
      label.querySelector("input").max = last
    }
    playhead.begin(at)
  }

  look() {
    if (!this.steps) return
    const held = [playhead.held.step ?? this.begins, playhead.unit]
    const shown = [this.nearest("step", held[0]), this.nearest("unit", held[1])]
    if (this.shown === `${held} ${shown}`) return
    this.shown = `${held} ${shown}`
    for (const [place, label] of this.labels.entries()) {
      const range = label.querySelector("input")
      range.value = shown[place]
      label.querySelector("b").textContent = shown[place]
      if (!place) range.setAttribute("aria-valuetext", plainOf(filled(this.said, ...shown)))
    }
    this.buttons[0].disabled = shown[0] === 1
    this.buttons[1].disabled = shown[0] === this.steps
    const beyond = held.map((asked, place) => asked !== shown[place] && this.words.beyond[place].replace("{asked}", asked))
    this.message.textContent = beyond.filter(Boolean).join(" ")
  }

  // The step or the unit that is shown where this one is held: the last one, if it is beyond that.
  nearest(name, held) {
    const [first, last] = name === "step" ? [1, this.steps] : [0, this.units - 1]
    return within(held - first, last - first) + first
  }

  remove() {
    playhead.remove(this)
  }
}

export class Sheet {
  constructor(box) {
    this.box = box
    playhead.add(this)
  }

  update({ data }) {
    const source = JSON.stringify(data.sheet)
    if (this.source === source) return
    this.source = source
    const { steps, units } = data.sheet
    this.size = { steps, units }
    const pieces = piecesOf(data.sheet)
    const isText = (piece) => typeof piece === "string"
    this.box.innerHTML = pieces.map((piece) => (isText(piece) ? piece : '<span class="rnn-slot"></span>')).join("")
    const slots = this.box.querySelectorAll(".rnn-slot")
    this.slots = pieces.filter((piece) => !isText(piece)).map((write, place) => ({ write, slot: slots[place], said: "" }))
    this.look()
  }

  look() {
    if (!this.slots) return
    const step = within((playhead.step ?? 1) - 1, this.size.steps - 1) + 1
    const unit = within(playhead.unit, this.size.units - 1)
    for (const each of this.slots) {
      const said = each.write(step, unit)
      if (said !== each.said) each.slot.innerHTML = each.said = said
    }
  }

  remove() {
    playhead.remove(this)
  }
}

// Links to other pages with the weights of the checkpoint that is shown. A plain click has to stay in
// the session, so it asks the server to change the page.
export class Links {
  constructor(box) {
    box.innerHTML = '<div class="rnn-links"><span></span></div>'
    this.box = box.firstElementChild
    playhead.add(this)
  }

  update({ data, setTriggerValue }) {
    this.links = data.links
    this.box.replaceChildren(
      this.box.firstElementChild,
      ...data.links.places.map(({ name, title, icon }) => {
        const link = document.createElement("a")
        const symbol = document.createElement("span")
        symbol.textContent = icon
        symbol.ariaHidden = true
        link.append(symbol, title)
        link.addEventListener("click", (event) => {
          event.preventDefault()
          setTriggerValue("followed", { page: name, checkpoint: this.checkpoint })
        })
        return link
      })
    )
    this.look()
  }

  look() {
    if (!this.links) return
    const { steps, places, said } = this.links
    this.checkpoint = steps[playhead.nearest(steps)]
    this.box.firstElementChild.textContent = said.replace("{step}", this.checkpoint)
    for (const [place, link] of this.box.querySelectorAll("a").entries()) {
      link.href = places[place].href.replace("CHECKPOINT", this.checkpoint)
    }
  }

  remove() {
    playhead.remove(this)
  }
}
