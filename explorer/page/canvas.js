// Draws what explorer/page/canvas.py sends: maps in a row that wraps, each on a canvas of its own.
import { decodeValues, inkOn, shadeOf, shadesOf } from "./colours.js";
import { drawGrid, measure, outline, paintPixels, watchRatio } from "./drawing.js";
import { figureWidth, layOut } from "./maps_layout.js";
import { ARROWS, cellAt, isShortcut } from "./pointing.js";
import { act } from "./values.js";
import { known, pageWords } from "./words.js";

const PAGES = { PageUp: -1, PageDown: 1 }; // keys that lead to another map
const CELL_OF_GRID = 14; // px: cells of at least this size get lines between them
const TEXT = "system-ui, sans-serif";

// ---- drawing --------------------------------------------------------------------------------------------------

// The map at one pixel a cell. `fading` makes it as opaque as its values are great.
function paintMap({ rows, columns, limit, values }, shades, signed, fading) {
  return paintPixels(columns, rows, (data) => {
    values.forEach((value, index) => {
      const isKnown = !Number.isNaN(value);
      const shade = shadeOf(isKnown ? value : 0, limit, signed);
      for (let channel = 0; channel < 3; channel++) {
        data[4 * index + channel] = isKnown ? shades[shade + channel] : 150;
      }
      const strength = Math.min(1, Math.abs(value) / limit);
      data[4 * index + 3] = fading ? (isKnown ? 235 * strength ** 0.7 : 0) : 255;
    });
  });
}

function drawNumbers(context, map, shades, signed, cell, ratio) {
  const longest = Math.max(...map.numbers.flat().map((number) => measure(number, `500 100px ${TEXT}`)));
  const size = Math.min(0.44 * cell, (92 * cell) / longest);
  if (size < 8 * ratio) return; // nobody could read them; the pointer still does
  context.font = `500 ${size}px ${TEXT}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  map.numbers.forEach((numbers, row) =>
    numbers.forEach((number, column) => {
      const value = map.values[row * map.columns + column];
      const shade = shadeOf(Number.isNaN(value) ? 0 : value, map.limit, signed);
      context.fillStyle = inkOn(shades[shade], shades[shade + 1], shades[shade + 2]);
      context.fillText(number, (column + 0.5) * cell, (row + 0.54) * cell);
    }),
  );
}

function drawOutlines(context, { boxes, lines }, size, thickness) {
  const { width, height } = context.canvas;
  const inset = thickness / 2;
  for (const [top, left, bottom, right, colour] of boxes) {
    const [x, y] = [Math.max(inset, left * size), Math.max(inset, top * size)];
    outline(context, colour, thickness, () =>
      context.rect(x, y, Math.min(width - inset, right * size) - x, Math.min(height - inset, bottom * size) - y),
    );
  }
  for (const [top, left, bottom, right, colour] of lines) {
    outline(context, colour, thickness / 2, () => {
      context.moveTo(left * size, top * size);
      context.lineTo(right * size, bottom * size);
    });
  }
}

const scalesRead = new Map(); // stops of a scale, written out -> its shades

function readScale(stops) {
  const written = JSON.stringify(stops);
  if (!scalesRead.has(written)) scalesRead.set(written, shadesOf(stops));
  return scalesRead.get(written);
}

// A stroke from corner to corner of each cell, as one pattern.
function hatch(context, size) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = Math.max(4, Math.round(size / 4));
  const pen = tile.getContext("2d");
  Object.assign(pen, { strokeStyle: "#8c96a3", lineWidth: Math.max(1, tile.width / 5) });
  for (const shift of [-tile.width, 0, tile.width]) {
    pen.moveTo(shift, tile.width);
    pen.lineTo(shift + tile.width, 0);
  }
  pen.stroke();
  return context.createPattern(tile, "repeat");
}

// Cells that are marked with 1 get a frame of the colour `shade`, those with 2 are hatched.
function drawMarked(context, { marked, shade, columns }, size) {
  const pattern = marked.includes(2) ? hatch(context, size) : null;
  const width = Math.max(1, size / 8);
  context.strokeStyle = shade;
  context.lineWidth = width;
  marked.forEach((mark, index) => {
    if (!mark) return;
    const [x, y] = [(index % columns) * size, Math.floor(index / columns) * size];
    if (mark === 1) return context.strokeRect(x + width / 2, y + width / 2, size - width, size - width);
    context.fillStyle = pattern;
    context.fillRect(x, y, size, size);
  });
}

function resize(canvas, sides, ratio) {
  for (const [side, length] of Object.entries(sides)) {
    if (canvas[side] === length) continue;
    canvas[side] = length; // which takes a while, whatever it was
    canvas.style[side] = `${length / ratio}px`;
  }
}

function drawMap(canvas, map, shades, cell, ratio) {
  const signed = map.scale === "signed";
  const size = cell * ratio; // device pixels
  resize(canvas, { width: Math.max(1, Math.round(map.columns * size)), height: Math.max(1, Math.round(map.rows * size)) }, ratio);
  const context = canvas.getContext("2d");
  context.imageSmoothingEnabled = size < 1;
  const fill = (picture) => context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  fill(paintMap(map, shades[map.scale], signed, false));
  if (map.overlay) fill(paintMap(map.overlay, shades.signed, true, true));
  if (cell >= CELL_OF_GRID) {
    const width = Math.max(1, Math.round(ratio));
    const { rows, columns } = map;
    drawGrid(context, { rows, columns, cell: size, colour: "rgba(110, 120, 135, 0.35)", width, round: Math.round });
  }
  if (map.marked) drawMarked(context, map, size);
  if (map.numbers) drawNumbers(context, map, shades[map.scale], signed, size, ratio);
  drawOutlines(context, map, size, Math.max(2, Math.min(4, cell / 8)) * ratio);
}

// ---- reading values -------------------------------------------------------------------------------------------

// A value with the digits that the codes of its map carry.
export function formatValue(value, step) {
  if (Number.isNaN(value)) return "—";
  if (Math.abs(value) <= step) return "0";
  const digits = step > 0 ? Math.floor(Math.log10(Math.abs(value) / step)) : 4;
  return String(Number(value.toPrecision(Math.min(4, Math.max(1, digits))))).replace("-", "−");
}

// What a map shows in a cell, and its overlay above it.
export function describeCell(map, row, column) {
  const value = map.numbers?.[row]?.[column] ?? formatValue(map.values[row * map.columns + column], map.step);
  if (!map.overlay) return value;
  const { overlay } = map;
  const [y, x] = [Math.floor((row * overlay.rows) / map.rows), Math.floor((column * overlay.columns) / map.columns)];
  return `${value} · ${formatValue(overlay.values[y * overlay.columns + x], overlay.step)}`;
}

// Values that a script of the page has computed come as they are, those of the server as codes.
function read(map) {
  if (map.values) return { ...map, step: 0 };
  const { codes } = known();
  const decoded = { ...map, values: decodeValues(map, codes), step: (map.high - map.low) / codes.steps };
  return map.overlay ? { ...decoded, overlay: read(map.overlay) } : decoded;
}

// Whether two maps of a script look the same: a window that moves leaves most of a picture as it is.
function isAlike(one, other) {
  const [{ values: before, ...about }, { values: now, ...rest }] = [one, other];
  const isSame = before.length === now.length && before.every((value, index) => value === now[index]);
  return isSame && JSON.stringify(about) === JSON.stringify(rest);
}

// ---- the component --------------------------------------------------------------------------------------------

const takers = {}; // name -> function of a wing that hears of clicks on a picture

// Let a function take clicks on the cells of the pictures that bear this name: it gets what is shown and
// {map, row, column}.
export function takeCells(name, take) {
  takers[name] = take;
}

function buildReadout() {
  const readout = document.createElement("div");
  readout.className = "map-readout";
  readout.hidden = true;
  return readout;
}

export function buildFigure() {
  const figure = document.createElement("figure");
  const [title, canvas, caption] = ["figcaption", "canvas", "p"].map((tag) => document.createElement(tag));
  title.className = "map-title";
  caption.className = "map-caption";
  figure.append(title, canvas, caption);
  return { figure, title, canvas, caption };
}

class Maps {
  figures = [];
  maps = []; // what is drawn, read
  drawn = new WeakMap(); // canvas -> {map, cell, ratio}
  width = 0; // of the host, as far as it was told: asking for it lets a browser lay out the page
  drawnWidth = 0;
  pointed = null; // {index, event}: where the pointer is, so that a new value is read out at once
  wanted = null; // {index, row, column}: where arrow keys have moved to since the last answer
  readout = buildReadout();

  constructor(element, props) {
    this.host = element.querySelector(".maps");
    this.props = props;
    const { wing, taker } = this.host.dataset;
    if (taker) this.take = (values) => takers[taker]?.(props.value, values);
    else if (wing) this.take = (values) => act(wing, { action: "unit", ...values });
    this.host.setAttribute("role", this.take ? "group" : "img");
    this.host.classList.toggle("clickable", Boolean(this.take));
  }

  draw() {
    const { host, props } = this;
    // Gradio changes an object that is streamed in place, which nobody notices; so a stream sends text.
    const payload = typeof props.value === "string" ? JSON.parse(props.value || "null") : props.value;
    if (!payload?.maps) {
      this.clear(); // what was drawn belongs to something else
      return;
    }
    this.width ||= host.clientWidth;
    if (this.width === 0) return;
    this.drawnWidth = this.width;
    host.setAttribute("aria-label", payload.label);
    while (this.figures.length > payload.maps.length) this.figures.pop().figure.remove();
    while (this.figures.length < payload.maps.length) this.addFigure();
    host.append(this.readout);
    this.maps = payload.maps.map(read);
    if (this.wanted && this.isInBox(this.wanted)) this.wanted = null;
    this.drawFigures(payload);
    if (this.take) this.makeReachable(payload);
    if (this.pointed) this.readOut(this.pointed);
  }

  addFigure() {
    this.figures.push(buildFigure());
    this.host.append(this.figures.at(-1).figure);
  }

  drawFigures(payload) {
    const ratio = window.devicePixelRatio || 1;
    const width = (words) => (words ? measure(words, `500 15px ${TEXT}`) : 0);
    const maps = payload.maps.map((map) => ({ ...map, titleWidth: width(map.title), captionWidth: width(map.caption) }));
    const { columns, cells } = layOut({ ...payload, maps }, this.drawnWidth, ratio);
    const shades = Object.fromEntries(Object.entries(payload.scales).map(([name, stops]) => [name, readScale(stops)]));
    this.maps.forEach((map, index) => {
      const { figure, title, canvas, caption } = this.figures[index];
      figure.style.width = `${figureWidth(map, cells[index])}px`;
      figure.classList.toggle("new-row", Boolean(columns && index && index % columns === 0));
      if (title.textContent !== map.title) title.textContent = map.title;
      if (caption.textContent !== map.caption) caption.textContent = map.caption;
      const last = this.drawn.get(canvas);
      const isDrawn = map.step === 0 && last?.cell === cells[index] && last.ratio === ratio && isAlike(last.map, map);
      if (!isDrawn) drawMap(canvas, map, shades, cells[index], ratio);
      this.drawn.set(canvas, { map, cell: cells[index], ratio });
    });
    this.breakRows(columns);
  }

  // Flex items wrap by width alone; an empty full-width item starts the next row where `columns` says so.
  breakRows(columns) {
    this.host.querySelectorAll(":scope > .row-break").forEach((rowBreak) => rowBreak.remove());
    for (let index = columns; columns && index < this.figures.length; index += columns) {
      const rowBreak = document.createElement("i");
      rowBreak.className = "row-break";
      this.figures[index].figure.before(rowBreak);
    }
  }

  clear() {
    this.host.replaceChildren();
    this.host.removeAttribute("aria-label");
    Object.assign(this, { figures: [], maps: [], drawnWidth: 0, pointed: null, wanted: null });
  }

  // ---- the pointer

  indexOf(event) {
    return this.figures.findIndex(({ canvas }) => canvas === event.target);
  }

  cellUnder(index, event) {
    const { rows, columns } = this.maps[index];
    return cellAt(this.figures[index].canvas.getBoundingClientRect(), rows, columns, event);
  }

  point(event) {
    const index = this.indexOf(event);
    this.pointed = index < 0 ? null : { index, event };
    if (this.pointed) this.readOut(this.pointed);
    else this.readout.hidden = true;
  }

  leave() {
    this.pointed = null;
    this.readout.hidden = true;
  }

  readOut({ index, event }) {
    const { readout, host } = this;
    const cell = this.maps[index] && this.cellUnder(index, event);
    readout.hidden = !cell;
    if (!cell) return;
    const { row, column } = cell;
    const value = describeCell(this.maps[index], row, column);
    const words = pageWords().cell ?? "({row}, {column}): {value}";
    readout.textContent = words.replace("{row}", row).replace("{column}", column).replace("{value}", value);
    const box = host.getBoundingClientRect();
    const x = Math.min(event.clientX - box.left + 14, box.width - readout.offsetWidth);
    readout.style.transform = `translate(${Math.max(0, x)}px, ${event.clientY - box.top + 18}px)`;
  }

  click(event) {
    const index = this.indexOf(event);
    this.wanted = null;
    const cell = index < 0 ? null : this.cellUnder(index, event);
    if (cell) this.take({ map: index, ...cell });
  }

  // ---- the keyboard

  // It comes to the map on which something is chosen, or to the first.
  makeReachable({ maps, label }) {
    const chosen = Math.max(0, maps.findIndex(({ boxes }) => boxes.length > 0));
    this.figures.forEach(({ canvas }, index) => {
      canvas.tabIndex = index === chosen ? 0 : -1;
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", maps[index].title || (maps.length > 1 ? `${label} (${index + 1})` : label));
      if (maps.length > 1) canvas.setAttribute("aria-keyshortcuts", Object.keys(PAGES).join(" "));
    });
  }

  step(event) {
    const index = this.indexOf(event);
    const [arrow, page] = [ARROWS[event.key], PAGES[event.key]];
    if (index < 0 || !(arrow || (page && this.maps.length > 1)) || isShortcut(event)) return;
    event.preventDefault();
    const found = arrow ? this.besideBox(index, arrow) : this.onOtherMap(index, page);
    if (!found) return;
    this.wanted = found;
    this.take({ map: found.index, row: found.row, column: found.column });
  }

  boxOf(index) {
    return this.maps[index]?.boxes[0] ?? [0, 0, 0, 0];
  }

  isInBox({ index, row, column }) {
    const [top, left, bottom, end] = this.boxOf(index);
    return row >= top && row < bottom && column >= left && column < end;
  }

  // What lies beside the chosen box of a map, or beside what was last asked for; null where there is nothing.
  besideBox(index, [down, right]) {
    const { rows, columns, values } = this.maps[index];
    const [top, left, bottom, end] = this.boxOf(index);
    const isAsked = this.wanted?.index === index;
    const [y, x] = isAsked ? [this.wanted.row, this.wanted.column] : [(top + bottom) / 2, (left + end) / 2];
    const row = Math.floor(y + down * (bottom - top));
    const column = Math.floor(x + right * (end - left));
    const isInside = row >= 0 && column >= 0 && row < rows && column < columns;
    return isInside && !Number.isNaN(values[row * columns + column]) ? { index, row, column } : null;
  }

  // The same place on the map before or after this one, which gets the keyboard; null where there is none.
  onOtherMap(index, step) {
    const to = index + step;
    if (!this.maps[to]) return null;
    this.figures[index].canvas.tabIndex = -1;
    this.figures[to].canvas.tabIndex = 0;
    this.figures[to].canvas.focus();
    const isAsked = this.wanted?.index === index;
    const [top, left] = isAsked ? [this.wanted.row, this.wanted.column] : this.boxOf(index);
    const { rows, columns } = this.maps[to];
    return { index: to, row: Math.min(rows - 1, Math.floor(top)), column: Math.min(columns - 1, Math.floor(left)) };
  }
}

// Shows in an element what `props.value` holds; returns what draws it, for when it is another value.
export function showMaps(element, props) {
  const maps = new Maps(element, props);
  const { host } = maps;
  host.addEventListener("pointermove", (event) => maps.point(event));
  host.addEventListener("pointerdown", (event) => maps.point(event));
  host.addEventListener("pointerleave", () => maps.leave());
  if (maps.take) {
    host.addEventListener("click", (event) => maps.click(event));
    host.addEventListener("keydown", (event) => maps.step(event));
  }
  const draw = () => maps.draw();
  // Fires at first, when the width changes, and when the tab that holds it is shown.
  new ResizeObserver(() => {
    maps.width = host.clientWidth;
    if (maps.width !== maps.drawnWidth) draw();
  }).observe(host);
  watchRatio(draw);
  draw();
  return draw;
}

// Draws again when the value of the component changes.
export function mount(element, props, watch) {
  watch("value", showMaps(element, props));
}
