// All that Explore shows, read at one moment: what its widgets say by their names, the line, the
// cards, the open tab, and what each chart has drawn.
() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const text = (element) => element?.innerText.trim() ?? null;
  const name = (element) => element.getAttribute("aria-label");
  const widgets = [
    ...all("input[aria-label]").map((i) => [name(i), i.type === "checkbox" ? i.checked : i.value]),
    ...all("[role=radiogroup][aria-label]").map((group) => [
      name(group), text(group.querySelector("[aria-checked=true]")),
    ]),
  ];
  const names = widgets.map(([named]) => named);
  const drawn = ["timeline", "inside", "parameters"].flatMap((key) => {
    const plot = document.querySelector(`.st-key-${key} .rnn-plot`);
    return plot?.data ? [[key, plot.data]] : [];
  });
  return {
    widgets: Object.fromEntries(widgets),
    twice: names.filter((named, at) => names.indexOf(named) < at),
    call: text(document.querySelector(".rnn-call")),
    cards: all(".rnn-cards > div").map(text),
    tab: text(document.querySelector(".st-key-tab [aria-checked=true]")),
    panel: text(document.querySelector(".st-key-panel")),
    alerts: all("[role=alert]").map(text),
    charts: Object.fromEntries(drawn),
  };
}
