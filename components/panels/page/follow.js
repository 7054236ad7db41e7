// Parts of the page that follow another: each is run again only while it is in sight. Out of sight
// it falls behind, and is dimmed until it has caught up.

const PATIENCE = 2000 // ms until a run that was asked for and did not come is asked for again

let shown = null
let coming = false // whether what follows is drawn in the same run, without being asked for
const followers = new Set()

class Follower {
  constructor(panel) {
    this.panel = panel
    this.watcher = new IntersectionObserver((entries) => {
      this.inSight = entries.at(-1).isIntersecting
      this.check()
    })
    this.watcher.observe(panel)
    followers.add(this)
  }

  update({ data, setTriggerValue }) {
    this.drawn = data.drawn
    this.setTriggerValue = setTriggerValue
    this.check()
  }

  check() {
    const behind = shown !== null && this.drawn !== shown
    this.panel.classList.toggle("rnn-behind", behind)
    this.panel.ariaBusy = behind
    if (!behind || !this.inSight || coming || this.asked === shown) return
    this.asked = shown
    this.setTriggerValue("behind", shown)
    clearTimeout(this.timer)
    this.timer = setTimeout(() => {
      this.asked = null
      this.check()
    }, PATIENCE)
  }

  remove() {
    clearTimeout(this.timer)
    this.watcher.disconnect()
    this.panel.classList.remove("rnn-behind")
    this.panel.ariaBusy = null
    followers.delete(this)
  }
}

const byElement = new WeakMap()

export default function (component) {
  const { data, parentElement } = component
  if (data.shown) {
    shown = data.shown
    coming = data.coming
    for (const follower of followers) follower.check()
    return
  }
  if (!byElement.has(parentElement)) {
    // Not by its role, which a panel has but while its tab is open: what Python opens is drawn first.
    byElement.set(parentElement, new Follower(parentElement.closest("[data-testid=stTabPanel]")))
  }
  const follower = byElement.get(parentElement)
  follower.update(component)
  return () => {
    follower.remove()
    byElement.delete(parentElement)
  }
}
