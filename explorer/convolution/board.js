// Maps that the page itself computes, each on a canvas of its own, drawn again whenever their numbers change. Parts of several sections.
import { buildFigure } from "../page/canvas.js";
import { inkOn, shadeOf, shadesOf } from "../page/colours.js";
import { drawGrid, outline, paintPixels, watchRatio } from "../page/drawing.js";
import { ARROWS, cellAt, clamp, isShortcut } from "../page/pointing.js";

const [GAP, NARROW, NUMBERED, GRID] = [20, 600, 22, 14]; // px: between maps; width of a phone; cells with numbers, and with lines
const LEAST_FIGURE = 72; // px, so that a title does not break into letters
const TEXT = "system-ui, sans-serif";

// A number in three digits, as a sentence writes it.
export function say(number, digits = 3) {
  if (number === 0) return "0";
  if (!Number.isFinite(number)) return "∞";
  const [rounded, size] = [Number(number.toPrecision(digits)), Math.abs(number)];
  const written = size >= 1e6 || size < 1e-4 ? number.toExponential(digits - 2) : rounded.toLocaleString("en", { maximumSignificantDigits: digits });
  return written.replace("e+", "e").replaceAll("-", "−");
}

// A sentence with its placeholders filled; numbers are written as `say` does.
export const fill = (sentence, values) =>
  Object.entries(values).reduce((text, [name, value]) => text.replaceAll(`{${name}}`, typeof value === "number" ? say(value) : value), sentence);

export function build(tag, className = "", text = "") {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}

// A labelled choice; `options` are [value, words].
export function buildChoice(label, options, act) {
  const [place, choice] = [build("label", "field", label), document.createElement("select")];
  choice.append(...options.map(([value, words]) => new Option(words, value)));
  choice.addEventListener("change", () => act(choice.value));
  place.append(choice);
  return { place, choice };
}

// A labelled slider that says its value beside the label; `write` turns its position into words.
export function buildSlider(label, { min, max, step, value }, write, act) {
  const [place, line, said, slider] = [build("label", "field"), build("span"), build("output"), document.createElement("input")];
  Object.assign(slider, { type: "range", min, max, step, value });
  line.append(label, " ", said);
  place.append(line, slider);
  const show = () => {
    said.textContent = write(Number(slider.value));
    slider.setAttribute("aria-valuetext", said.textContent);
  };
  slider.addEventListener("input", () => {
    show();
    act(Number(slider.value));
  });
  show();
  const set = (position) => {
    slider.value = position;
    show();
  };
  return { place, slider, set };
}

// What the words of a section are, and which colours its maps have: from its Python.
export const wordsOf = (host) => JSON.parse(host.dataset.words);

export const greatest = (values) => values.reduce((most, value) => Math.max(most, Number.isFinite(value) ? Math.abs(value) : 0), 0);

// px of a cell for maps that share a row, each with at most so many px a side.
export function cellSize({ rows, columns, most = 44 }, side) {
  const cell = Math.min(most, side / Math.max(rows, columns));
  return cell > 4 ? Math.floor(cell) : cell;
}

// px that each of so many maps in a row may take.
export function sideIn(width, perRow, most = 260, mostOnPhone = 2) {
  const count = width < NARROW ? Math.min(mostOnPhone, perRow) : perRow;
  return Math.max(24, Math.min(most, Math.floor((width - GAP * (count - 1)) / count)));
}

// Maps are {title, caption, rows, columns, values, scale, limit, numbers, boxes, most, side, hover(row, column), leave(), click(row,
// column), drag}: values row by row, boxes [top, left, bottom, right, colour, px]; `hover` makes a map reachable by the keyboard.
export class Board {
  figures = [];
  maps = [];
  cursor = []; // the cell that the arrow keys have reached, of each map

  // With `aligned`, maps at the same place of several boards stand below each other. `phone` maps share a row on a phone.
  constructor(scales, label, { aligned = false, most = 260, phone = 2 } = {}) {
    Object.assign(this, { label, aligned, most, phone });
    this.host = build("div", "maps");
    this.host.setAttribute("role", "group");
    this.host.setAttribute("aria-label", label);
    this.readout = build("div", "map-readout");
    this.readout.hidden = true;
    this.shades = Object.fromEntries(Object.entries(scales).map(([name, stops]) => [name, shadesOf(stops)]));
    this.width = 0;
    new ResizeObserver(([{ contentRect }]) => {
      const isOther = this.width !== contentRect.width;
      this.width = contentRect.width; // kept: to ask while the page changes would lay out all of it
      if (isOther) this.paint();
    }).observe(this.host);
    watchRatio(() => this.paint());
  }

  draw(maps, perRow = maps.length) {
    Object.assign(this, { maps, perRow });
    while (this.figures.length > maps.length) this.figures.pop().figure.remove();
    while (this.figures.length < maps.length) this.addFigure(this.figures.length);
    this.host.append(this.readout);
    this.paint();
  }

  addFigure(index) {
    const figure = buildFigure();
    this.figures.push(figure);
    this.host.append(figure.figure);
    figure.canvas.addEventListener("pointermove", (event) => this.point(index, event));
    figure.canvas.addEventListener("pointerdown", (event) => this.press(index, event));
    figure.canvas.addEventListener("pointerleave", () => this.leave(index));
    figure.canvas.addEventListener("blur", () => this.leave(index));
    figure.canvas.addEventListener("keydown", (event) => this.step(index, event));
  }

  paint() {
    if (!this.width) return;
    const side = sideIn(this.width, this.perRow, this.most, this.phone);
    this.maps.forEach((map, index) => this.paintMap(map, this.figures[index], { cell: cellSize(map, Math.min(side, map.side ?? side)), side }));
  }

  paintMap(map, { figure, title, canvas, caption }, { cell, side }) {
    if (title.textContent !== map.title) title.textContent = map.title;
    if (caption.textContent !== (map.caption ?? "")) caption.textContent = map.caption ?? "";
    figure.style.width = `${this.aligned ? side : Math.max(LEAST_FIGURE, map.columns * cell)}px`;
    figure.style.visibility = map.blank ? "hidden" : ""; // keeps the place of a map that other rows have
    canvas.tabIndex = map.hover ? 0 : -1;
    canvas.style.cursor = map.hover || map.click ? "crosshair" : "";
    canvas.style.touchAction = map.drag ? "none" : "";
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", [map.title, map.caption, map.hint].filter(Boolean).join(", "));
    drawMap(canvas, map, this.shades[map.scale ?? "signed"], cell);
  }

  cellUnder(index, event) {
    const { rows, columns } = this.maps[index];
    return cellAt(this.figures[index].canvas.getBoundingClientRect(), rows, columns, event);
  }

  point(index, event) {
    const [map, cell] = [this.maps[index], this.cellUnder(index, event)];
    if (!cell) return;
    if (map.drag && event.buttons) map.click?.(cell.row, cell.column, event);
    map.hover?.(cell.row, cell.column);
    this.readOut(map, cell, event);
  }

  press(index, event) {
    const [map, cell] = [this.maps[index], this.cellUnder(index, event)];
    if (!cell) return;
    map.click?.(cell.row, cell.column, event);
    this.maps[index].hover?.(cell.row, cell.column);
    this.readOut(this.maps[index], cell, event);
  }

  leave(index) {
    this.readout.hidden = true;
    this.maps[index]?.leave?.();
  }

  readOut({ values, columns }, { row, column }, event) {
    const box = this.host.getBoundingClientRect();
    this.readout.hidden = false;
    this.readout.textContent = `(${row}, ${column}): ${say(values[row * columns + column], 4)}`;
    const x = Math.min(event.clientX - box.left + 14, box.width - this.readout.offsetWidth);
    this.readout.style.transform = `translate(${Math.max(0, x)}px, ${event.clientY - box.top + 18}px)`;
  }

  step(index, event) {
    const [map, arrow] = [this.maps[index], ARROWS[event.key]];
    const isClick = event.key === "Enter" || event.key === " ";
    if (!map.hover || isShortcut(event) || !(arrow || isClick)) return;
    event.preventDefault();
    const [row, column] = this.cursor[index] ?? [Math.floor(map.rows / 2), Math.floor(map.columns / 2)];
    const next = arrow ? [clamp(row + arrow[0], 0, map.rows - 1), clamp(column + arrow[1], 0, map.columns - 1)] : [row, column];
    this.cursor[index] = next;
    if (isClick) map.click?.(...next, event);
    this.maps[index].hover(...next);
  }
}

function drawMap(canvas, map, shades, cell) {
  const ratio = window.devicePixelRatio || 1;
  const { rows, columns, values } = map;
  const signed = (map.scale ?? "signed") === "signed";
  const limit = map.limit || greatest(values) || 1;
  const size = cell * ratio;
  const [width, height] = [Math.max(1, Math.round(columns * size)), Math.max(1, Math.round(rows * size))];
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  canvas.style.width = `${width / ratio}px`;
  canvas.style.height = `${height / ratio}px`;
  const context = canvas.getContext("2d");
  context.imageSmoothingEnabled = size < 1;
  context.drawImage(paintValues(map, shades, limit, signed), 0, 0, width, height);
  if (cell >= GRID) {
    drawGrid(context, { rows, columns, cell: size, colour: "rgba(110, 120, 135, 0.35)", width: Math.max(1, Math.round(ratio)), round: Math.round });
  }
  if (cell >= NUMBERED && map.numbers !== false) drawNumbers(context, map, { shades, limit, signed, size });
  for (const [top, left, bottom, right, colour, px = 3] of map.boxes ?? []) {
    const inset = (px * ratio) / 2;
    const [x, y] = [Math.max(inset, left * size), Math.max(inset, top * size)];
    outline(context, colour, px * ratio, () => context.rect(x, y, Math.min(width - inset, right * size) - x, Math.min(height - inset, bottom * size) - y));
  }
}

// With `colours`, three a cell from 0 to 1, a map shows those instead of its values.
function paintValues({ rows, columns, values, colours }, shades, limit, signed) {
  return paintPixels(columns, rows, (data) => {
    values.forEach((value, index) => {
      const isKnown = Number.isFinite(value);
      const shade = shadeOf(isKnown ? value : 0, limit, signed);
      for (let channel = 0; channel < 3; channel++) {
        data[4 * index + channel] = colours ? 255 * colours[channel][index] : isKnown ? shades[shade + channel] : 150;
      }
      data[4 * index + 3] = 255;
    });
  });
}

function drawNumbers(context, { values, columns, colours }, { shades, limit, signed, size }) {
  if (colours) return;
  Object.assign(context, { textAlign: "center", textBaseline: "middle" });
  const longest = Math.max(...Array.from(values, (value) => say(value, 2).length));
  context.font = `500 ${Math.min(0.4 * size, (1.4 * size) / Math.max(2, longest))}px ${TEXT}`;
  values.forEach((value, index) => {
    const words = say(value, 2);
    const shade = shadeOf(Number.isFinite(value) ? value : 0, limit, signed);
    context.fillStyle = inkOn(shades[shade], shades[shade + 1], shades[shade + 2]);
    context.fillText(words, ((index % columns) + 0.5) * size, (Math.floor(index / columns) + 0.54) * size);
  });
}

// Whether a place is in the page and not folded away.
export const isInView = ({ isConnected, clientWidth }) => isConnected && clientWidth > 0;

// Calls a function with the place of a section once that is opened: until then nothing is computed.
export function whenOpened(host, begin) {
  const observer = new ResizeObserver(([{ contentRect }]) => {
    if (!contentRect.width) return;
    observer.disconnect();
    begin(host);
  });
  observer.observe(host);
}
