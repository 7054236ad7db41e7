// What Streamlit calls to draw one of the component's kinds; it returns what removes it. Streamlit calls that
// also for a call that another one has overtaken: then the element is still on the page, and stays as it is.

import { give } from "../browser/given.js"
import { Chart } from "./chart.js"
import { Diagram } from "./diagram.js"
import { Controls, Links, Sheet } from "./looking.js"

const drawn = new WeakMap()

export default function (component) {
  const { data, parentElement } = component
  give(parentElement, "draw/plot.js", data)
  if (!drawn.has(parentElement)) {
    const Kind = data.diagram ? Diagram : data.sheet ? Sheet : data.controls ? Controls : data.links ? Links : Chart
    drawn.set(parentElement, new Kind(parentElement.querySelector(".rnn-own")))
  }
  const own = drawn.get(parentElement)
  own.update(component)
  return () => {
    if (parentElement.isConnected) return
    own.remove()
    drawn.delete(parentElement)
  }
}
