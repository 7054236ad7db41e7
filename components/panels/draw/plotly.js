// Loads Plotly's script, once for all charts.

let loading = null

export function plotly(url) {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script")
    script.src = url
    script.addEventListener("load", () => resolve(window.Plotly))
    script.addEventListener("error", () => {
      loading = null // the next chart tries again
      reject(new Error(url))
    })
    document.head.append(script)
  })
  return loading
}
