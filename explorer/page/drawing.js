// What several pictures share: base64, pixels, outlines, grids, the ratio of the screen.

export function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

export function base64Of(bytes) {
  return btoa(String.fromCharCode(...bytes));
}

// "#0072b2" as [red, green, blue].
export function parseColour(hex) {
  return [1, 3, 5].map((start) => parseInt(hex.slice(start, start + 2), 16));
}

// A canvas of one pixel a value; `fill` writes red, green, blue and opacity of each, row by row.
export function paintPixels(columns, rows, fill) {
  const canvas = document.createElement("canvas");
  canvas.width = columns;
  canvas.height = rows;
  const context = canvas.getContext("2d");
  const image = context.createImageData(columns, rows);
  fill(image.data);
  context.putImageData(image, 0, 0);
  return canvas;
}

// Grey values, one byte each, row by row.
export function paintGrey(side, bytes) {
  return paintPixels(side, side, (data) => {
    bytes.forEach((value, index) => data.set([value, value, value, 255], 4 * index));
  });
}

// The strokes of an outline, the lower first: a white edge under the colour keeps it visible on any picture.
export function strokesOf(colour, thickness) {
  return [["rgba(255, 255, 255, 0.9)", thickness + 2], [colour, thickness]];
}

export function outline(context, colour, thickness, trace) {
  for (const [style, width] of strokesOf(colour, thickness)) {
    context.strokeStyle = style;
    context.lineWidth = width;
    context.beginPath();
    trace();
    context.stroke();
  }
}

// Lines between cells of that many px.
export function drawGrid(context, { rows, columns, cell, colour, width, round = (place) => place }) {
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.beginPath();
  for (let row = 1; row < rows; row++) {
    context.moveTo(0, round(row * cell));
    context.lineTo(columns * cell, round(row * cell));
  }
  for (let column = 1; column < columns; column++) {
    context.moveTo(round(column * cell), 0);
    context.lineTo(round(column * cell), rows * cell);
  }
  context.stroke();
}

const MOST_MEASURED = 5000; // words in a font that are remembered: a browser takes long to measure some
const measured = new Map();
let ruler = null;

// px that words take in a CSS font.
export function measure(words, font) {
  const key = `${font} ${words}`;
  if (measured.has(key)) return measured.get(key);
  ruler ??= document.createElement("canvas").getContext("2d");
  ruler.font = font;
  if (measured.size >= MOST_MEASURED) measured.clear();
  measured.set(key, ruler.measureText(words).width);
  return measured.get(key);
}

// Draw again at each zoom of the page, or on a monitor of another kind: a canvas has the pixels of one ratio.
export function watchRatio(draw) {
  const ratio = window.matchMedia(`(resolution: ${window.devicePixelRatio}dppx)`); // true until it changes
  const onChange = () => {
    draw();
    watchRatio(draw);
  };
  ratio.addEventListener("change", onChange, { once: true });
}
