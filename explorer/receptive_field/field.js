// The field of a unit on the image, beside the map that the unit stands on. The value is what figures.draw_field returns.
import { buildFigure } from "../page/canvas.js";
import { bytesOf, drawGrid, outline, paintPixels, parseColour } from "../page/drawing.js";
import { ARROWS, clamp, isShortcut, sharesAt } from "../page/pointing.js";
import { setValue } from "../page/values.js";
import { findBackdrop, keepDrawn, paintBackdrop } from "./backdrop.js";

const MARGIN = 0.09; // share of the picture's side around the image: the padding into which a field may reach
const CELL_OF_GRID = 14; // px: units of at least this size get lines between them
const ARM = 8; // px of the cross at the centre

// ---- drawing --------------------------------------------------------------------------------------------------

// Whether each pixel lies in the field: a bit a pixel, row by row, or where there is no mask the inside of a box.
export function seenPixels(size, mask, [top, left, bottom, right]) {
  const bits = mask && bytesOf(mask);
  return Array.from({ length: size * size }, (_, index) => {
    const [row, column] = [Math.floor(index / size), index % size];
    if (bits) return ((bits[index >> 3] >> (7 - (index & 7))) & 1) === 1;
    return row >= top && row < bottom && column >= left && column < right;
  });
}

// Pixels in the field keep their brightness under a tint; all others are dimmed.
function paintMask({ size, mask, clipped }, colour) {
  return paintPixels(size, size, (data) => {
    seenPixels(size, mask, clipped).forEach((seen, index) =>
      data.set(seen ? [...colour, 46] : [12, 16, 22, 158], 4 * index),
    );
  });
}

// Where a pixel, or a unit of the layer that stands in the place of the image, lies in the image, as shares of its sides.
function sharesOf(pixel, { start, jump, size }) {
  return pixel.map((index, axis) => (start[axis] + jump[axis] * index + 0.5) / size);
}

function colourOf(role) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--role-${role}`).trim();
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

function drawImage(canvas, payload, image, side) {
  const context = prepare(canvas, side);
  const inset = side * MARGIN;
  const inner = side - 2 * inset;
  const pixel = inner / payload.size;
  const place = (value) => inset + value * pixel;
  hatch(context, side, inset);
  context.drawImage(paintBackdrop(image), inset, inset, inner, inner);
  const green = colourOf("output");
  context.drawImage(paintMask(payload, parseColour(green)), inset, inset, inner, inner);
  const [top, left, bottom, right] = payload.box;
  outline(context, green, 3, () =>
    context.rect(place(left), place(top), (right - left) * pixel, (bottom - top) * pixel),
  );
  const [y, x] = payload.centre.map((value) => place(value + 0.5));
  outline(context, colourOf("kernel"), 2.5, () => {
    context.moveTo(x - ARM, y);
    context.lineTo(x + ARM, y);
    context.moveTo(x, y - ARM);
    context.lineTo(x, y + ARM);
  });
}

function drawMap(canvas, { units, unit }, map, side) {
  const context = prepare(canvas, side);
  context.drawImage(paintBackdrop(map), 0, 0, side, side);
  const [rows, columns] = units;
  const cells = units.map((count) => side / count);
  if (rows === columns && cells[0] >= CELL_OF_GRID) {
    drawGrid(context, { rows, columns, cell: cells[0], colour: "rgba(128, 140, 155, 0.5)", width: 1 });
  }
  const sizes = cells.map((cell) => Math.min(Math.max(cell, 6), side - 3)); // a unit of a large map would be too small to see
  const [y, x] = unit.map((index, axis) =>
    clamp((index + 0.5) * cells[axis] - sizes[axis] / 2, 1.5, side - sizes[axis] - 1.5),
  );
  outline(context, colourOf("kernel"), 3, () => context.rect(x, y, sizes[1], sizes[0]));
}

// ---- the component --------------------------------------------------------------------------------------------

class Field {
  drawnWidth = 0;
  shown = null; // the payload that is drawn; the value may be a check of what was shown before
  wanted = null; // the unit to which arrow keys have moved since the last answer

  constructor(element, props) {
    this.props = props;
    this.host = element.querySelector(".field");
    this.badge = element.querySelector(".field-badge-place");
    this.parts = { image: this.buildPart("image"), map: this.buildPart("map") };
    this.parts.map.canvas.tabIndex = 0;
    this.parts.map.canvas.addEventListener("keydown", (event) => this.step(event));
  }

  buildPart(name) {
    const part = buildFigure();
    part.figure.className = `field-${name}`;
    part.canvas.addEventListener("click", (event) => this.click(name, event));
    this.host.append(part.figure);
    return part;
  }

  // A check by autograd waits for its turn. If something else is shown by then, it is not used.
  take() {
    const payload = this.props.value;
    if (!payload || (payload.isCheck && this.shown && payload.key !== this.shown.key)) return;
    const isReached = String(payload.unit) === String(this.wanted) || String(payload.units) !== String(this.shown?.units);
    if (isReached) this.wanted = null;
    this.shown = payload;
    this.draw();
  }

  draw() {
    const { host, shown: payload, parts } = this;
    const backdrop = payload && findBackdrop(payload.backdrop); // it may come a moment later
    if (!backdrop || host.clientWidth === 0) return;
    this.drawnWidth = host.clientWidth;
    const side = Math.floor(Math.min(payload.maxSide, (this.drawnWidth - 16) * 0.68));
    const small = Math.floor(side * 0.44);
    for (const [name, part] of Object.entries(parts)) {
      const [title, caption] = [payload[`${name}Title`], payload[`${name}Caption`]];
      part.figure.style.width = `${name === "image" ? side : small}px`;
      part.title.textContent = title;
      part.caption.textContent = caption;
      part.canvas.setAttribute("role", "img");
      part.canvas.setAttribute("aria-label", `${title}. ${caption}`);
    }
    host.setAttribute("role", "group");
    host.setAttribute("aria-label", payload.label);
    this.badge.innerHTML = payload.badge; // escaped where it is made
    drawImage(parts.image.canvas, payload, backdrop.image, side);
    drawMap(parts.map.canvas, payload, backdrop.map, small);
  }

  // From now on the unit that looks at this pixel is shown; with other layers its place stays. In the place of pixels may be
  // the units of a layer.
  setPixel(pixel) {
    setValue("receptive_field.place", sharesOf(pixel, this.shown.ground)); // of the image's sides
  }

  setUnit(unit) {
    const { start, jump } = this.shown;
    this.setPixel(unit.map((index, axis) => start[axis] + jump[axis] * index));
  }

  click(name, event) {
    const shares = sharesAt(event.target.getBoundingClientRect(), event);
    const { size, units } = this.shown;
    const within = (share, count) => clamp(Math.floor(share * count), 0, count - 1);
    this.wanted = null;
    if (name === "map") this.setUnit(shares.map((share, axis) => within(share, units[axis])));
    else this.setPixel(shares.map((share) => within((share - MARGIN) / (1 - 2 * MARGIN), size)));
  }

  // The arrow keys move the unit over its map.
  step(event) {
    const move = isShortcut(event) ? null : ARROWS[event.key];
    if (!move || !this.shown) return;
    event.preventDefault();
    const { units, unit } = this.shown;
    this.wanted = (this.wanted ?? unit).map((index, axis) => clamp(index + move[axis], 0, units[axis] - 1));
    this.setUnit(this.wanted);
  }
}

export function mount(element, props, watch) {
  keepDrawn(new Field(element, props), watch);
}
