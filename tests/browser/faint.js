// Returns the texts that stand out from what is behind them by less than 2 to 1, by WCAG's measure.
() => {
  const canvas = new OffscreenCanvas(1, 1);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const paint = (colors) => {
    for (const color of colors) {
      context.fillStyle = color;
      context.fillRect(0, 0, 1, 1);
    }
    return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const linear = (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  const luminance = (colors) => {
    const [r, g, b] = paint(colors).map((value) => linear(value / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };

  const behind = (element) => {
    const colors = [];
    for (let box = element; box; box = box.parentElement) {
      colors.unshift(getComputedStyle(box).backgroundColor);
    }
    return ["white", ...colors];
  };

  const ownText = (element) =>
    [...element.childNodes].map((node) => (node.nodeType === 3 ? node.data : "")).join("").trim();
  // A chart's numbers stand on what is drawn, a slider's value floats above its handle.
  const elsewhere = '.trace, [data-testid="stSliderThumbValue"]';
  const seen = { opacityProperty: true, visibilityProperty: true };
  const found = [];
  for (const element of document.querySelectorAll("body *")) {
    const text = ownText(element);
    if (!text || !element.checkVisibility(seen) || element.closest(elsewhere)) continue;
    const style = getComputedStyle(element);
    const color = element instanceof SVGElement ? style.fill : style.color;
    const colors = behind(element);
    const [dark, light] = [luminance(colors), luminance([...colors, color])].sort((a, b) => a - b);
    const ratio = (light + 0.05) / (dark + 0.05);
    if (ratio < 2) found.push(`${ratio.toFixed(2)}: ${text.slice(0, 40)}`);
  }
  return found;
}
