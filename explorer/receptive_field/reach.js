// A pixel of the image, and the units that it reaches in each layer. The value is what tab.draw_forward returns.
import { buildFigure } from "../page/canvas.js";
import { shadeOf, shadesOf } from "../page/colours.js";
import { bytesOf, outline, paintPixels } from "../page/drawing.js";
import { ARROWS, clamp, isShortcut, sharesAt } from "../page/pointing.js";
import { setValue } from "../page/values.js";
import { findBackdrop, keepDrawn, paintBackdrop } from "./backdrop.js";

const UNREACHED = [232, 236, 241, 255]; // on a light and on a dark page
const REACHED = [126, 205, 180, 255];
const [LEAST_SMALL, MOST_SMALL] = [60, 118]; // px of a small map
const ROOM = 18; // px around it
const LEAST_BOX = 7; // px of an outline that can be seen from afar

// ---- drawing --------------------------------------------------------------------------------------------------

// Red, green, blue and opacity of a byte as figures.draw_reach writes it.
export function shadesOfCodes(scale, leastHeat) {
  const shades = shadesOf(scale);
  return (code) => {
    if (code < 2) return code ? REACHED : UNREACHED;
    const start = shadeOf(leastHeat + ((1 - leastHeat) * (code - 2)) / 253, 1, false);
    return [...shades.slice(start, start + 3), 255];
  };
}

const colourOf = (role) => getComputedStyle(document.documentElement).getPropertyValue(`--role-${role}`).trim();

function prepare(canvas, side) {
  const ratio = window.devicePixelRatio || 1;
  canvas.width = canvas.height = Math.round(side * ratio);
  canvas.style.width = canvas.style.height = `${side}px`;
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  context.imageSmoothingEnabled = false;
  return context;
}

// The edges of a box of cells in px, moved apart where they would be too near to be seen.
export function edgesOf([top, left, bottom, right], rows, columns, side) {
  const along = (first, end, count) => {
    const [start, length] = [(first * side) / count, ((end - first) * side) / count];
    const size = Math.min(Math.max(length, LEAST_BOX), side - 3);
    return [clamp(start + (length - size) / 2, 1.5, side - size - 1.5), size];
  };
  const [[y, height], [x, width]] = [along(top, bottom, rows), along(left, right, columns)];
  return [x, y, width, height];
}

function drawReach(canvas, { rows, columns, box, codes }, paint, side, thickness) {
  const context = prepare(canvas, side);
  context.fillStyle = `rgb(${UNREACHED.slice(0, 3)})`;
  context.fillRect(0, 0, side, side);
  const [top, left, bottom, right] = box;
  if (bottom === top) return;
  const bytes = bytesOf(codes);
  const patch = paintPixels(right - left, bottom - top, (data) =>
    bytes.forEach((code, index) => data.set(paint(code), 4 * index)),
  );
  const [high, wide] = [side / rows, side / columns];
  context.drawImage(patch, left * wide, top * high, (right - left) * wide, (bottom - top) * high);
  outline(context, colourOf("kernel"), thickness, () => context.rect(...edgesOf(box, rows, columns, side)));
}

function drawPixel(canvas, { size, pixel: [row, column] }, image, side) {
  const context = prepare(canvas, side);
  context.drawImage(paintBackdrop(image), 0, 0, side, side);
  const box = edgesOf([row, column, row + 1, column + 1], size, size, side);
  outline(context, colourOf("kernel"), 3, () => context.rect(...box));
}

// ---- the component --------------------------------------------------------------------------------------------

function buildSmall() {
  const button = document.createElement("button");
  button.type = "button";
  const [title, canvas, caption, changed] = ["span", "canvas", "span", "span"].map((tag) => document.createElement(tag));
  button.append(title, canvas, caption, changed);
  return { button, title, canvas, caption, changed };
}

class Forward {
  drawnWidth = 0;
  shown = null; // the payload that is drawn; the value may tell what changed with a pixel that was shown before
  wanted = null; // the pixel to which arrow keys have moved since the last answer
  small = [];

  constructor(element, props) {
    this.props = props;
    const find = (name) => element.querySelector(`.${name}`);
    [this.host, this.strip] = [find("reach"), find("reach-strip")];
    [this.legend, this.badge, this.table] = [find("reach-legend"), find("reach-badge"), find("reach-table")];
    this.parts = { image: this.buildPart("image"), map: this.buildPart("map") };
    const { canvas } = this.parts.image;
    canvas.tabIndex = 0;
    canvas.addEventListener("click", (event) => this.click(event));
    canvas.addEventListener("keydown", (event) => this.step(event));
  }

  buildPart(name) {
    const part = buildFigure();
    part.figure.className = `reach-${name}`;
    part.canvas.setAttribute("role", "img");
    this.host.insertBefore(part.figure, this.host.querySelector(".reach-words"));
    return part;
  }

  // The changes come later. If something else is shown by then, they are not used.
  take() {
    const payload = this.props.value;
    if (!payload?.map || (payload.isCheck && payload.key !== this.shown?.key)) return;
    if (String(payload.pixel) === String(this.wanted) || payload.size !== this.shown?.size) this.wanted = null;
    this.shown = payload;
    this.draw();
  }

  draw() {
    const { host, shown: payload, parts } = this;
    const backdrop = payload && findBackdrop(payload.backdrop); // it may come a moment later
    if (!backdrop || host.clientWidth === 0) return;
    this.drawnWidth = host.clientWidth;
    const side = Math.floor(Math.min(payload.maxSide, (this.drawnWidth - 40) / 2));
    for (const [name, part] of Object.entries(parts)) {
      const [title, caption] = [payload[`${name}Title`], payload[`${name}Caption`]];
      part.figure.style.width = `${side}px`;
      part.title.textContent = title;
      part.caption.textContent = caption;
      part.canvas.setAttribute("aria-label", `${title}. ${caption}`);
    }
    host.setAttribute("aria-label", payload.label);
    const paint = shadesOfCodes(payload.scale, payload.leastHeat);
    drawPixel(parts.image.canvas, payload, backdrop.image, side);
    drawReach(parts.map.canvas, payload.map, paint, side, 3);
    this.drawStrip(payload, backdrop.image, paint);
    this.drawLegend(payload, paint);
    this.badge.innerHTML = payload.badge; // escaped where it is made, and so is the table
    this.table.innerHTML = payload.table;
  }

  drawStrip(payload, image, paint) {
    const { strip, chosen, label } = payload;
    const inRow = Math.min(strip.length, Math.floor(this.drawnWidth / (LEAST_SMALL + ROOM)));
    const side = clamp(Math.floor(this.drawnWidth / inRow) - ROOM, LEAST_SMALL, MOST_SMALL);
    this.strip.style.gridTemplateColumns = `repeat(${inRow}, minmax(0, ${side + ROOM}px))`;
    while (this.small.length > strip.length) this.small.pop().button.remove();
    while (this.small.length < strip.length) this.addSmall();
    this.strip.setAttribute("aria-label", label);
    strip.forEach((each, index) => {
      const { button, title, canvas, caption, changed } = this.small[index];
      button.dataset.number = each.number;
      button.title = each.label;
      button.setAttribute("aria-pressed", String(each.number === chosen));
      button.setAttribute("aria-label", [each.label, each.title, each.caption, each.changed].filter(Boolean).join(", "));
      [title.textContent, caption.textContent, changed.textContent] = [each.title, each.caption, each.changed];
      if (each.number === 0) drawPixel(canvas, payload, image, side);
      else drawReach(canvas, each.map, paint, side, 2);
    });
  }

  addSmall() {
    const small = buildSmall();
    small.button.addEventListener("click", () => this.choose(Number(small.button.dataset.number)));
    this.small.push(small);
    this.strip.append(small.button);
  }

  drawLegend({ legend }, paint) {
    const colours = [paint(0), paint(1), null];
    const heat = [2, 64, 128, 192, 255].map((code) => `rgb(${paint(code).slice(0, 3)})`).join(", ");
    this.legend.replaceChildren(
      ...legend.map((words, index) => {
        const [item, swatch] = [document.createElement("span"), document.createElement("i")];
        swatch.style.background = colours[index] ? `rgb(${colours[index].slice(0, 3)})` : `linear-gradient(90deg, ${heat})`;
        item.append(swatch, words);
        return item;
      }),
    );
  }

  choose(layer) {
    const { network, last } = this.shown;
    setValue("receptive_field.chosen", { network, layer, last });
  }

  setPixel(pixel) {
    setValue("receptive_field.place", pixel.map((each) => (each + 0.5) / this.shown.size)); // shares of the image's sides
  }

  click(event) {
    const { size } = this.shown;
    this.wanted = null;
    this.setPixel(sharesAt(event.target.getBoundingClientRect(), event).map((share) => clamp(Math.floor(share * size), 0, size - 1)));
  }

  // The arrow keys move the pixel over the image.
  step(event) {
    const move = isShortcut(event) ? null : ARROWS[event.key];
    if (!move || !this.shown) return;
    event.preventDefault();
    const last = this.shown.size - 1;
    this.wanted = (this.wanted ?? this.shown.pixel).map((index, axis) => clamp(index + move[axis], 0, last));
    this.setPixel(this.wanted);
  }
}

export function mount(element, props, watch) {
  keepDrawn(new Forward(element, props), watch);
}

// The question is turned round. A place beside the image, at which a unit may look, is not a pixel. Returns the place.
export function turnRound(direction, place) {
  if (direction !== "forward" || !Array.isArray(place)) return place;
  return place.map((share) => clamp(share, 0, 0.999999));
}

// The place of a pixel that is typed, as the one output of an event; nothing changes while one of the two numbers is missing.
export function placeOf(row, column, size) {
  if (![row, column, size].every(Number.isFinite)) return [{ __type__: "update" }];
  return [[row, column].map((index) => (index + 0.5) / size)];
}
