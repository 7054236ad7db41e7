// Fills numbers into templates such as "tanh({g.inputs} {+g.bias})". notation.py does the same in
// Python, and says what a slot can be.

const SLOT = /\{([+(]?)([a-z_.]+)(?:\[(\d+)\])?(?:\*([a-z_.]+)(?:\[(\d+)\])?)?\}/g

// A number to four significant digits, as HTML.
export function numeral(value) {
  const [mantissa, exponent] = (value + 0).toExponential(3).split("e") // a zero has no sign
  const power = Number(exponent)
  const plain = power < -4 || power > 3 ? `${Number(mantissa)}·10<sup>${power}</sup>` : `${Number(value.toPrecision(4))}`
  return plain.replaceAll("-", "−")
}

function written(how, value) {
  if (typeof value === "string") return value
  if (how === "+") return `${value < 0 ? "−" : "+"} ${numeral(Math.abs(value))}`
  const plain = numeral(value)
  return how === "(" && (value < 0 || plain.includes("<sup>")) ? `(${plain})` : plain
}

// A template in pieces: texts, and for each slot a function that writes its number at a step (from 1)
// and a unit (from 0).
export function piecesOf({ template, arrays }) {
  const read = Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, reader(array)]))
  const pieces = []
  let end = 0
  for (const found of template.matchAll(SLOT)) {
    const [slot, how, one, row, other, column] = found
    const value = other
      ? (at) => Math.fround(read[one](at, row) * read[other](at, column))
      : (at) => read[one](at, row)
    pieces.push(template.slice(end, found.index), (step, unit) => written(how, value({ s: step - 1, u: unit })))
    end = found.index + slot.length
  }
  return [...pieces, template.slice(end)]
}

export function filled(pieces, step, unit) {
  return pieces.map((piece) => (typeof piece === "string" ? piece : piece(step, unit))).join("")
}

// A function that reads one number of an array: at a step on its axis s, a unit on u, an index on k.
export function reader(array) {
  const { axes, shape } = array
  return (at, index) => flat(array)[[...axes].reduce((place, axis, n) => place * shape[n] + (axis === "k" ? Number(index) : at[axis]), 0)]
}

const decoded = new WeakMap() // of arrays that were read: several readers have each

// The values of an array, row by row. Numbers come as base64, and are decoded when they are first read.
export function flat(array) {
  const { values } = array
  if (typeof values !== "string") return values
  if (!decoded.has(array)) {
    decoded.set(array, new Float32Array(Uint8Array.from(atob(values), (letter) => letter.charCodeAt(0)).buffer))
  }
  return decoded.get(array)
}
