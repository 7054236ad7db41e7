// Tells what is in sight, or close to it.

const NEAR = "100px" // this close to the window counts as in sight

// Calls `see` with whether the element is in sight, now and at each change; returns what is to be disconnected.
export function watchSight(element, see) {
  const margins = { rootMargin: NEAR, scrollMargin: NEAR }
  const watcher = new IntersectionObserver((entries) => see(entries.at(-1).isIntersecting), margins)
  watcher.observe(element)
  return watcher
}
