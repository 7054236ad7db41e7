// Returns the charts' texts, but for the numbers in cells, that lie over one another, reach beyond their
// chart, or are smaller than 12 px; and numbers in cells that run into one another. Two may share the part of their size by which their boxes are higher
// than their letters.
() => [...document.querySelectorAll(".rnn-plot")].flatMap((chart) => {
    const edges = chart.getBoundingClientRect()
    const texts = [...chart.querySelectorAll(".annotation-text, .xtick text, .ytick text, .legendtext, .xtitle, .ytitle, .cbaxis text")]
        .filter((text) => text.textContent.trim())
    const size = (text) => parseFloat(getComputedStyle(text).fontSize)
    const labels = texts.map((text) => [text.textContent, text.getBoundingClientRect(), 0.3 * size(text)])
    const over = ([, a, shared], [, b]) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
        && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > shared
    const beyond = ([, { left, right, top, bottom }]) => left < edges.left - 1 || right > edges.right + 1
        || top < edges.top - 3 || bottom > edges.bottom + 3
    const numbers = [...chart.querySelectorAll(".textpoint text")].map((text) => [text.textContent, text.getBoundingClientRect()])
    const rows = Map.groupBy(numbers.filter(([text]) => text), ([, { top }]) => Math.round(top))
    const together = [...rows.values()].flatMap((row) => {
        const inOrder = row.toSorted(([, a], [, b]) => a.left - b.left)
        return inOrder.slice(1).flatMap(([text, { left }], at) => left - inOrder[at][1].right < 1.5 ? [`${inOrder[at][0]} runs into ${text}`] : [])
    })
    return [
        ...together,
        ...texts.filter((text) => size(text) < 12)
            .map((text) => `smaller than 12 px: ${text.textContent}`),
        ...labels.filter(beyond).map(([text]) => `beyond its chart: ${text}`),
        ...labels.flatMap((a, at) => labels.slice(at + 1).filter((b) => over(a, b))
            .map(([text]) => `${a[0]} lies over ${text}`)),
    ]
})
