// Links that open the same settings on other pages. A click needs no more than the session, which
// keeps them; whoever copies such a link, or opens it in a new tab, needs them in its address. The
// page's own address has them as they are now, so they are taken from there as a link is pointed at.
const carried = () =>
  new Set(getComputedStyle(document.documentElement).getPropertyValue("--rnn-carried").match(/\w+/g))

const carry = ({ target }) => {
  const link = target.closest?.(".st-key-elsewhere_links a")
  if (!link) return
  const names = carried()
  const said = [...new URLSearchParams(location.search)].filter(([name]) => names.has(name))
  const address = new URL(link.href)
  address.search = new URLSearchParams(said)
  link.href = address
}

for (const event of ["pointerover", "focusin"]) document.addEventListener(event, carry, true)
