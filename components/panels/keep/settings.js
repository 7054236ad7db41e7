// Streamlit's widgets as lines: what each is called and how it is set.

const WIDGETS = ".stSlider, .stButtonGroup, .stRadio, .stCheckbox, .stSelectbox, .stMultiSelect, .stNumberInput, .stTextInput, .stTextArea"
const TOLD = "[data-testid=stSliderThumbValue], [role=radio][aria-checked=true], label[data-selected] [role=radio], [data-tag]"

// A widget's label and value. A copy of it has no values that were typed: so this reads the original.
function line(widget) {
  const label = widget.querySelector("[data-testid=stWidgetLabel] p")?.textContent ?? ""
  const box = widget.querySelector("[type=checkbox]")
  const told = [...widget.querySelectorAll(TOLD)].map((part) => part.textContent.trim())
  const typed = widget.querySelector("textarea, input:not([type=range], [type=radio])")?.value
  const value = box ? (box.checked ? "✓" : "✗") : told.join(", ") || typed
  return !value || value.startsWith(label) ? value : `${label}: ${value}`
}

// How all that is set in an element is set, in one line.
export const settings = (element) => [...(element?.querySelectorAll(WIDGETS) ?? [])].map(line).filter(Boolean).join(" · ")

// Puts lines in place of the widgets of an element's copy.
export function writeSettings(element, copy) {
  const copies = copy.querySelectorAll(WIDGETS)
  for (const [at, widget] of element.querySelectorAll(WIDGETS).entries()) {
    const said = document.createElement("p")
    said.className = "rnn-set"
    said.textContent = line(widget)
    copies[at].replaceWith(said)
  }
}
