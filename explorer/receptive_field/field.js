// The field of a unit on the image, beside the map that the unit stands on: the body of a gr.HTML's js_on_load, with
// `element`, `props` and `watch`. props.value is what figures.draw_field returns.
const host = element.querySelector(".field");
const badge = element.querySelector(".field-badge-place");
const parts = Object.fromEntries(["image", "map"].map((name) => [name, buildPart(name)]));
const MARGIN = 0.09; // share of the picture's side around the image: the padding into which a field may reach
const CELL_OF_GRID = 14; // px from which units are told apart by lines
let drawnWidth = 0;
let shown = null; // the payload that is drawn; props.value may be a check of what was shown before
let wanted = null; // the unit to which arrow keys have moved since the last answer

function buildPart(name) {
  const figure = document.createElement("figure");
  const [title, canvas, caption] = ["figcaption", "canvas", "p"].map((tag) => document.createElement(tag));
  figure.className = `field-${name}`;
  title.className = "map-title";
  caption.className = "map-caption";
  canvas.addEventListener("click", (event) => click(name, event));
  figure.append(title, canvas, caption);
  host.append(figure);
  return { figure, title, canvas, caption };
}

function bytesOf(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

// Grey values, one byte each, row by row, as a canvas of one pixel a value.
function paintGrey({ side, codes }) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = side;
  const context = canvas.getContext("2d");
  const image = context.createImageData(side, side);
  bytesOf(codes).forEach((value, index) => image.data.set([value, value, value, 255], 4 * index));
  context.putImageData(image, 0, 0);
  return canvas;
}

// What lies in the field keeps its brightness under a tint; all else is dimmed. A bit a pixel, row by row.
function paintMask(size, mask, clipped, colour) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  const context = canvas.getContext("2d");
  const image = context.createImageData(size, size);
  const bits = mask && bytesOf(mask);
  const [top, left, bottom, right] = clipped;
  for (let index = 0; index < size * size; index++) {
    const [row, column] = [Math.floor(index / size), index % size];
    const inBox = row >= top && row < bottom && column >= left && column < right;
    const seen = bits ? (bits[index >> 3] >> (7 - (index & 7))) & 1 : inBox;
    image.data.set(seen ? [...colour, 46] : [12, 16, 22, 158], 4 * index);
  }
  context.putImageData(image, 0, 0);
  return canvas;
}

function colourOf(role) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--role-${role}`).trim();
}

function tripleOf(hex) {
  return [1, 3, 5].map((start) => parseInt(hex.slice(start, start + 2), 16));
}

function prepare(canvas, side) {
  const ratio = window.devicePixelRatio || 1;
  canvas.width = canvas.height = Math.round(side * ratio);
  canvas.style.width = canvas.style.height = `${side}px`;
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  context.imageSmoothingEnabled = false;
  return context;
}

// A white edge under the colour keeps an outline visible on any picture.
function stroke(context, colour, thickness, trace) {
  for (const [style, width] of [["rgba(255, 255, 255, 0.9)", thickness + 2], [colour, thickness]]) {
    context.strokeStyle = style;
    context.lineWidth = width;
    context.beginPath();
    trace();
    context.stroke();
  }
}

function hatch(context, side, inset) {
  context.save();
  context.beginPath();
  context.rect(0, 0, side, side);
  context.rect(inset, inset, side - 2 * inset, side - 2 * inset);
  context.clip("evenodd");
  context.fillStyle = "rgba(128, 140, 155, 0.16)";
  context.fillRect(0, 0, side, side);
  context.strokeStyle = "rgba(128, 140, 155, 0.6)";
  context.lineWidth = 1;
  context.beginPath();
  for (let start = -side; start < side; start += 8) {
    context.moveTo(start, side);
    context.lineTo(start + side, 0);
  }
  context.stroke();
  context.restore();
}

function drawImage(payload, side) {
  const context = prepare(parts.image.canvas, side);
  const inset = side * MARGIN;
  const pixel = (side - 2 * inset) / payload.size;
  const place = (value) => inset + value * pixel;
  const inner = side - 2 * inset;
  hatch(context, side, inset);
  context.drawImage(paintGrey(payload.image), inset, inset, inner, inner);
  const green = colourOf("output");
  const mask = paintMask(payload.size, payload.mask, payload.clipped, tripleOf(green));
  context.drawImage(mask, inset, inset, inner, inner);
  const [top, left, bottom, right] = payload.box;
  stroke(context, green, 3, () =>
    context.rect(place(left), place(top), (right - left) * pixel, (bottom - top) * pixel),
  );
  const [y, x] = payload.centre.map((value) => place(value + 0.5));
  const arm = 8;
  stroke(context, colourOf("kernel"), 2.5, () => {
    context.moveTo(x - arm, y);
    context.lineTo(x + arm, y);
    context.moveTo(x, y - arm);
    context.lineTo(x, y + arm);
  });
}

function drawMap(payload, side) {
  const context = prepare(parts.map.canvas, side);
  const { units, unit } = payload;
  context.drawImage(paintGrey(payload.map), 0, 0, side, side);
  const cell = side / units;
  if (cell >= CELL_OF_GRID) {
    context.strokeStyle = "rgba(128, 140, 155, 0.5)";
    context.lineWidth = 1;
    context.beginPath();
    for (let line = 1; line < units; line++) {
      context.moveTo(line * cell, 0);
      context.lineTo(line * cell, side);
      context.moveTo(0, line * cell);
      context.lineTo(side, line * cell);
    }
    context.stroke();
  }
  const size = Math.min(Math.max(cell, 6), side - 3); // a unit of a large map would be too small to see
  const [y, x] = unit.map((index) => Math.min(Math.max((index + 0.5) * cell - size / 2, 1.5), side - size - 1.5));
  stroke(context, colourOf("kernel"), 3, () => context.rect(x, y, size, size));
}

// A check by autograd waits for its turn. Where something else is shown by then, it is of no use any more.
function take() {
  const payload = props.value;
  if (!payload || (payload.isCheck && shown && payload.key !== shown.key)) return;
  const isReached = String(payload.unit) === String(wanted) || payload.units !== shown?.units;
  if (isReached) wanted = null;
  shown = payload;
  draw();
}

function draw() {
  const payload = shown;
  const width = host.clientWidth;
  if (!payload || width === 0) return;
  drawnWidth = width;
  const side = Math.floor(Math.min(payload.maxSide, (width - 16) * 0.68));
  const small = Math.floor(side * 0.44);
  for (const [name, part] of Object.entries(parts)) {
    part.figure.style.width = `${name === "image" ? side : small}px`;
    part.title.textContent = payload[`${name}Title`];
    part.caption.textContent = payload[`${name}Caption`];
    part.canvas.setAttribute("role", "img");
    part.canvas.setAttribute("aria-label", `${payload[`${name}Title`]}. ${payload[`${name}Caption`]}`);
  }
  host.setAttribute("role", "group");
  host.setAttribute("aria-label", payload.label);
  badge.innerHTML = payload.badge; // escaped where it is made
  drawImage(payload, side);
  drawMap(payload, small);
}

// From now on the unit that looks at this pixel is shown; with other layers its place stays.
function setPixel(pixel) {
  const place = pixel.map((each) => (each + 0.5) / shown.size); // shares of the image's sides
  window.cnnExplorer.setValue("receptive_field.place", place);
}

function setUnit(unit) {
  setPixel(unit.map((index) => shown.start + shown.jump * index));
}

function click(name, event) {
  const box = event.target.getBoundingClientRect();
  const shares = [(event.clientY - box.top) / box.height, (event.clientX - box.left) / box.width];
  const { size, units } = shown;
  wanted = null;
  const within = (value, count) => Math.min(Math.max(Math.floor(value), 0), count - 1);
  if (name === "map") setUnit(shares.map((share) => within(share * units, units)));
  else setPixel(shares.map((share) => within(((share - MARGIN) / (1 - 2 * MARGIN)) * size, size)));
}

// The arrow keys move the unit over its map.
parts.map.canvas.tabIndex = 0;
parts.map.canvas.addEventListener("keydown", (event) => {
  const step = window.cnnExplorer.isShortcut(event) ? null : window.cnnExplorer.ARROWS[event.key];
  if (!step || !shown) return;
  event.preventDefault();
  wanted = (wanted ?? shown.unit).map((index, axis) => Math.min(Math.max(index + step[axis], 0), shown.units - 1));
  setUnit(wanted);
});

watch("value", take);
// Fires at first, when the width changes, and when the tab that holds it is shown.
new ResizeObserver(() => host.clientWidth !== drawnWidth && draw()).observe(host);
window.cnnExplorer.watchRatio(draw);
take();
