// What each of our elements was given last. keep.js writes that into a kept page, where the same module
// draws it again.

const given = new WeakMap()

// Notes what an element was given, and which module, such as "draw/plot.js", draws it.
export const give = (element, module, data) => given.set(element, { module, data })

// What was noted for an element; undefined for one that a kept page does without.
export const givenTo = (element) => given.get(element)
