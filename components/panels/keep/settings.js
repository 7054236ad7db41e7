// Streamlit's widgets as lines of text: each one's label and value.

const WIDGETS = ".stSlider, .stButtonGroup, .stRadio, .stCheckbox, .stSelectbox, .stMultiSelect, .stNumberInput, .stTextInput, .stTextArea"
const TOLD = "[data-testid=stSliderThumbValue], [role=radio][aria-checked=true], label[data-selected] [role=radio], [data-tag]"

// A widget's label and value, read from the original: a copy of the element lacks what was typed.
function line(widget) {
  const label = widget.querySelector("[data-testid=stWidgetLabel] p")?.textContent ?? ""
  const box = widget.querySelector("[type=checkbox]")
  const told = [...widget.querySelectorAll(TOLD)].map((part) => part.textContent.trim())
  const typed = widget.querySelector("textarea, input:not([type=range], [type=radio])")?.value
  const value = box ? (box.checked ? "✓" : "✗") : told.join(", ") || typed
  return !value || value.startsWith(label) ? value : `${label}: ${value}`
}

// All widgets of an element in one line.
export const settings = (element) => [...(element?.querySelectorAll(WIDGETS) ?? [])].map(line).filter(Boolean).join(" · ")

// Replaces the widgets in the copy of an element by lines.
export function writeSettings(element, copy) {
  const copies = copy.querySelectorAll(WIDGETS)
  for (const [at, widget] of element.querySelectorAll(WIDGETS).entries()) {
    const said = document.createElement("p")
    said.className = "rnn-set"
    said.textContent = line(widget)
    copies[at].replaceWith(said)
  }
}
