// Facts that a visitor has unfolded stay so: each change of their numbers writes them anew, folded.

const FACTS = ".rnn-facts details"
const root = document.documentElement

document.addEventListener(
  "toggle",
  ({ target }) => {
    if (target.matches?.(FACTS)) root.toggleAttribute("data-unfolded", target.open)
  },
  true,
)

const unfolder = new MutationObserver(() => {
  if (!root.hasAttribute("data-unfolded")) return
  for (const facts of document.querySelectorAll(`${FACTS}:not([open])`)) facts.open = true
})
unfolder.observe(document.body, { childList: true, subtree: true })
