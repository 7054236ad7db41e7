// A click that asks for a new tab or window is the browser's alone: Streamlit's links, and ours, would
// open in this one.
window.addEventListener(
  "click",
  (event) => {
    const asked = event.ctrlKey || event.metaKey || event.shiftKey
    if (asked && event.target.closest?.("a[href]")) event.stopPropagation()
  },
  true
)
