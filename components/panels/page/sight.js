// Tells Python whether a part of the page is in sight: there it follows what it depends on, out of
// sight it may fall behind. Coming back it is dimmed until it is known to show what it should.

const MARGIN = "0px 0px -64px" // so that the bar of its tabs alone does not count

class Sight {
  constructor(part) {
    this.part = part
    this.left = false // whether it was out of sight since it was first drawn
    this.watcher = new IntersectionObserver(
      (entries) => {
        this.now = entries.at(-1).isIntersecting
        this.left ||= !this.now
        this.tell()
      },
      { rootMargin: MARGIN }
    )
    this.watcher.observe(part)
  }

  update({ data, setStateValue }) {
    this.known = data.in_sight
    this.part.dataset.inSight = this.known // as far as Python knows
    this.setStateValue = setStateValue
    if (this.known === this.said) this.said = null
    this.tell()
  }

  tell() {
    const news = this.now !== undefined && this.now !== (this.said ?? this.known)
    if (news) {
      this.said = this.now
      this.setStateValue("in_sight", this.now)
    }
    this.dim(this.left && this.now && !this.known)
  }

  dim(behind) {
    this.part.classList.toggle("rnn-behind", behind)
    this.part.ariaBusy = behind
  }

  remove() {
    this.watcher.disconnect()
    this.part.classList.remove("rnn-behind")
    this.part.ariaBusy = null
  }
}

const sights = new WeakMap()

export default function (component) {
  const { data, parentElement } = component
  if (!sights.has(parentElement)) {
    sights.set(parentElement, new Sight(parentElement.closest(`.st-key-${data.part}`)))
  }
  const sight = sights.get(parentElement)
  sight.update(component)
  return () => {
    sight.remove()
    sights.delete(parentElement)
  }
}
