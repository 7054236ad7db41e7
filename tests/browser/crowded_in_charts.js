// Returns the charts' labels, those of steps included, that lie over one another, or reach beyond
// their chart. Two may share the px by which their boxes are larger than their letters.
() => [...document.querySelectorAll(".rnn-plot")].flatMap((chart) => {
    const edges = chart.getBoundingClientRect()
    const labels = [...chart.querySelectorAll(".annotation-text, .xtick text")]
        .map((text) => [text.textContent, text.getBoundingClientRect()])
    const over = ([, a], [, b]) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
        && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 3
    const beyond = ([, { left, right }]) => left < edges.left - 1 || right > edges.right + 1
    return [
        ...labels.filter(beyond).map(([text]) => `beyond its chart: ${text}`),
        ...labels.flatMap((a, at) => labels.slice(at + 1).filter((b) => over(a, b))
            .map(([text]) => `${a[0]} lies over ${text}`)),
    ]
})
