// Returns the charts' texts that stand out from the page by less than 4.5 to 1, by WCAG's measure:
// axe-core looks at no text in a drawing. Numbers on a chart's cells stand on what is drawn there.
() => {
  const canvas = new OffscreenCanvas(1, 1);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const linear = (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  const luminance = (colors) => {
    for (const color of colors) {
      context.fillStyle = color;
      context.fillRect(0, 0, 1, 1);
    }
    const [r, g, b] = [...context.getImageData(0, 0, 1, 1).data].map((value) => linear(value / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const app = document.querySelector('[data-testid="stApp"]') ?? document.body; // a kept page has no app
  const page = ["white", getComputedStyle(app).backgroundColor];
  const found = [];
  for (const text of document.querySelectorAll(".rnn-plot text")) {
    if (!text.textContent || text.closest(".trace") || !text.checkVisibility()) continue;
    const badge = text.parentElement.querySelector(":scope > rect.bg"); // what a label stands on
    const filled = badge && getComputedStyle(badge).fillOpacity !== "0";
    const below = filled ? [...page, getComputedStyle(badge).fill] : page;
    const colors = [...below, getComputedStyle(text).fill];
    const [dark, light] = [luminance(below), luminance(colors)].toSorted((a, b) => a - b);
    const ratio = (light + 0.05) / (dark + 0.05);
    if (ratio < 4.5) found.push(`${ratio.toFixed(2)}: ${text.textContent.slice(0, 40)}`);
  }
  return found;
}
