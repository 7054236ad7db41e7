// What Streamlit calls to draw one of the component's kinds; it returns what removes it. `scripts.py` joins
// the component's files into one module, of which this one is the last.

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
