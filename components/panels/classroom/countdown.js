// A countdown: of the seconds that the server says are left when it draws the page.

export default function ({ data, parentElement }) {
  const shown = parentElement.querySelector(".rnn-left")
  const ends = performance.now() + 1000 * data.left
  const tick = () => {
    const seconds = Math.max(0, Math.ceil((ends - performance.now()) / 1000))
    const words = seconds ? data.words.replace("#", seconds) : data.over
    if (shown.textContent !== words) shown.textContent = words
  }
  tick()
  const ticking = setInterval(tick, 250)
  return () => clearInterval(ticking)
}
