// Where a figure's strips, and the rows of units in them, lie on its y axis.

// Where each strip of rows begins and ends, from 0 to 1: as the figure says, or by its rows; without either, the
// whole plot.
export function stripsOf({ yaxis, meta }) {
  const { rows, strips } = meta ?? {}
  if (!rows) return strips ?? [[0, 1]]
  const [bottom, top] = yaxis.range
  const count = Math.round((bottom - top) / rows.pitch)
  const share = (y) => (y - top) / (bottom - top)
  return Array.from({ length: count }, (_, strip) => {
    const first = rows.top + strip * rows.pitch
    return [share(first), share(first + rows.height)]
  })
}

// The unit whose row is at y, in any strip; null between strips, and if strips have only one row.
export function unitAt(y, rows) {
  if (!rows || rows.units === 1) return null
  const within = (((y - rows.top) % rows.pitch) + rows.pitch) % rows.pitch
  return within < rows.height ? Math.floor((within / rows.height) * rows.units) : null
}
