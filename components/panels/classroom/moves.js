// A room's moves fade in. Until then a button presses nothing: a second press of a key or of the mouse was
// meant for the button that was there before, and would jump over what the first one has shown.

const MOVES = ".st-key-room_moves button"
const FADE = 1000 // ms, longer than between two presses of somebody who is not sure of the first

const fades = new WeakMap() // by button

function fadeIn() {
  for (const button of document.querySelectorAll(MOVES)) {
    if (!fades.has(button)) fades.set(button, button.animate({ opacity: [0.3, 1] }, FADE))
  }
}

window.addEventListener(
  "click",
  (event) => {
    const fade = fades.get(event.target.closest?.(MOVES))
    if (fade?.playState === "running") event.stopImmediatePropagation()
  },
  true
)

const watching = new MutationObserver(fadeIn)

// Has all moves fade in that are shown from now on, until the element is gone; returns what ends that then.
export function watchMoves(element) {
  fadeIn()
  watching.observe(document.body, { childList: true, subtree: true })
  // Streamlit also calls this for a call that a later one has overtaken, while the element is still shown.
  return () => element.isConnected || watching.disconnect()
}
