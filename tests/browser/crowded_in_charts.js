// Returns the charts' texts, but for the numbers in cells, that lie over one another, reach beyond their
// chart, are smaller than 12 px, have letters closer or wider apart than their font has them, or stand over a column that
// is not theirs; and numbers in cells that run into one another, or that cells of one size have in some strips only. Two
// may share the part of their size by which their boxes are higher than their letters.
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
    const pen = new OffscreenCanvas(1, 1).getContext("2d")
    const advance = (node) => {
        if (node.nodeType !== Node.TEXT_NODE) return [...node.childNodes].reduce((sum, part) => sum + advance(part), 0)
        const { fontWeight, fontSize, fontFamily } = getComputedStyle(node.parentElement)
        pen.font = `${fontWeight} ${10 * parseFloat(fontSize)}px ${fontFamily}`
        return pen.measureText(node.textContent).width / 10
    }
    const isUneven = (text) => Math.abs(text.getComputedTextLength() - advance(text)) > 0.5 + 0.02 * advance(text)
    const { xaxis, annotations = [] } = chart._fullLayout ?? {}
    const scale = edges.width / chart.clientWidth
    const astray = [...chart.querySelectorAll(".annotation[data-index]")].filter((group) => {
        const { name, x } = annotations[group.dataset.index] ?? {}
        const { left, width } = group.querySelector(".annotation-text").getBoundingClientRect()
        return name === "over" && Math.abs(left + width / 2 - edges.left - scale * (xaxis._offset + xaxis.l2p(x))) > 2
    })
    const cells = Map.groupBy((chart.data ?? []).filter(({ meta }) => meta?.numbers),
        ({ meta: { across = 1, high = 1 }, ...trace }) => [trace.xaxis, across.toFixed(2), trace.yaxis, high.toFixed(3)].join())
    const partly = [...cells].filter(([, traces]) => new Set(traces.map(({ visible }) => visible)).size > 1)
    return [
        ...together,
        ...partly.map(([kind]) => `numbers in some strips only: ${kind}`),
        ...astray.map((group) => `not over its column: ${group.textContent}`),
        ...texts.filter(isUneven).map((text) => `letters not as its font has them: ${text.textContent}`),
        ...texts.filter((text) => size(text) < 12)
            .map((text) => `smaller than 12 px: ${text.textContent}`),
        ...labels.filter(beyond).map(([text]) => `beyond its chart: ${text}`),
        ...labels.flatMap((a, at) => labels.slice(at + 1).filter((b) => over(a, b))
            .map(([text]) => `${a[0]} lies over ${text}`)),
    ]
})
