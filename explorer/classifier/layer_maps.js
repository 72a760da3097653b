// All maps of a layer on one canvas, see layer_maps.py. A click on a map, or Enter, opens the number there in "One number".
import { outline, watchRatio } from "../page/drawing.js";
import { ARROWS, clamp, isShortcut } from "../page/pointing.js";
import { goTo } from "./sections.js";

const EDGE = 1; // px of the line around a map: many maps are white at their border
const GAP = 2 * EDGE + 2; // px between maps
const LINE = "#b4bcc7";
const NARROW = 600; // px of width below which a layer gets more height
const HEIGHT = { narrow: 140, wide: 68 }; // px that the maps of a layer take, about
const [LEAST, MOST, MOST_ALONE] = [6, 56, 100]; // px of the longer side of a map; of the only one of a layer

// How many maps stand in a row of that many px, and how large each is.
export function layOutMaps({ count, rows, columns }, width) {
  const budget = width < NARROW ? HEIGHT.narrow : HEIGHT.wide;
  const most = Math.min(count === 1 ? MOST_ALONE : MOST, width - 2 * EDGE);
  const longest = clamp(Math.floor(Math.sqrt((width * budget) / count)) - GAP, LEAST, most);
  const cell = longest / Math.max(rows, columns);
  const [mapWidth, mapHeight] = [columns * cell, rows * cell];
  const across = Math.min(count, Math.max(1, Math.floor((width - 2 * EDGE + GAP) / (mapWidth + GAP))));
  return { mapWidth, mapHeight, across, down: Math.ceil(count / across) };
}

// Left and top of a map, px.
export const cornerOf = ({ mapWidth, mapHeight, across }, index) => [
  EDGE + (index % across) * (mapWidth + GAP),
  EDGE + Math.floor(index / across) * (mapHeight + GAP),
];

// The map at a place, px, with the row and column in it; null beside all maps. A gap belongs to the map before it.
export function cellAtPlace({ count, rows, columns }, layout, [x, y]) {
  const { mapWidth, mapHeight, across } = layout;
  const column = Math.floor((x - EDGE) / (mapWidth + GAP));
  const index = Math.floor((y - EDGE) / (mapHeight + GAP)) * across + column;
  if (x < EDGE || y < EDGE || column >= across || index >= count) return null;
  const [left, top] = cornerOf(layout, index);
  return {
    index,
    row: Math.min(rows - 1, Math.floor(((y - top) / mapHeight) * rows)),
    column: Math.min(columns - 1, Math.floor(((x - left) / mapWidth) * columns)),
  };
}

// As anatomy.js counts units: [layer, channel, row, column].
export const unitOf = ({ layer, columns, isFlat }, { index, row, column }) =>
  isFlat ? [layer, row * columns + column, 0, 0] : [layer, index, row, column];

// The map beside the chosen one, or the chosen one where there is none.
export function indexBeside({ count }, { across }, index, [down, right]) {
  const next = index + down * across + right;
  return next >= 0 && next < count ? next : index;
}

class Layer {
  chosen = 0;

  constructor(canvas, host) {
    Object.assign(this, { canvas, host, about: JSON.parse(canvas.dataset.maps), label: canvas.getAttribute("aria-label") });
    this.picture = new Image();
    this.picture.addEventListener("load", () => this.draw());
    this.picture.src = canvas.dataset.picture;
    canvas.addEventListener("click", (event) => this.open(this.cellUnder(event)));
    canvas.addEventListener("pointermove", (event) => this.point(event));
    canvas.addEventListener("keydown", (event) => this.press(event));
    for (const change of ["focus", "blur"]) canvas.addEventListener(change, () => this.draw());
  }

  draw() {
    const { canvas, about, picture } = this;
    const width = this.host.clientWidth;
    if (width === 0 || !picture.complete) return;
    const ratio = window.devicePixelRatio || 1;
    const layout = (this.layout = layOutMaps(about, width));
    const [last] = cornerOf(layout, layout.across - 1);
    const [size, height] = [last + layout.mapWidth + EDGE, layout.down * (layout.mapHeight + GAP) - GAP + 2 * EDGE];
    [canvas.width, canvas.height] = [size, height].map((side) => Math.ceil(side * ratio));
    [canvas.style.width, canvas.style.height] = [size, height].map((side) => `${side}px`);
    const context = canvas.getContext("2d");
    context.scale(ratio, ratio);
    context.imageSmoothingEnabled = layout.mapWidth * ratio < about.columns;
    for (let index = 0; index < about.count; index++) this.drawMap(context, index);
    if (document.activeElement === canvas && canvas.matches(":focus-visible")) this.drawChosen(context);
  }

  drawMap(context, index) {
    const { rows, columns, across } = this.about;
    const { mapWidth, mapHeight } = this.layout;
    const [x, y] = [(index % across) * columns, Math.floor(index / across) * rows]; // in the picture
    const [left, top] = cornerOf(this.layout, index);
    context.fillStyle = LINE;
    context.fillRect(left - EDGE, top - EDGE, mapWidth + 2 * EDGE, mapHeight + 2 * EDGE);
    context.drawImage(this.picture, x, y, columns, rows, left, top, mapWidth, mapHeight);
  }

  drawChosen(context) {
    const [left, top] = cornerOf(this.layout, this.chosen);
    const { mapWidth, mapHeight } = this.layout;
    outline(context, "#0072b2", 2, () => context.rect(left, top, mapWidth, mapHeight));
  }

  cellUnder({ clientX, clientY }) {
    const { left, top } = this.canvas.getBoundingClientRect();
    return cellAtPlace(this.about, this.layout, [clientX - left, clientY - top]);
  }

  nameOf(index) {
    return this.about.isFlat ? "" : this.host.dataset.channel.replace("{channel}", index);
  }

  point(event) {
    const cell = this.cellUnder(event);
    this.canvas.title = cell ? this.nameOf(cell.index) : "";
  }

  press(event) {
    const arrow = ARROWS[event.key];
    if (isShortcut(event) || !(arrow || event.key === "Enter" || event.key === " ")) return;
    event.preventDefault();
    const { rows, columns } = this.about;
    if (!arrow) return this.open({ index: this.chosen, row: rows >> 1, column: columns >> 1 });
    this.chosen = indexBeside(this.about, this.layout, this.chosen, arrow);
    this.canvas.setAttribute("aria-label", [this.label, this.nameOf(this.chosen)].filter(Boolean).join(", "));
    this.draw();
  }

  open(cell) {
    if (!cell) return;
    goTo("classifier.anatomy", { model: this.host.dataset.model, trail: [unitOf(this.about, cell)] });
  }
}

export function mount(element, props, watch) {
  let layers = [];
  const draw = () => layers.forEach((layer) => layer.draw());
  const show = () =>
    requestAnimationFrame(() => {
      const host = element.querySelector(".layers");
      layers = [...element.querySelectorAll("canvas")].map((canvas) => new Layer(canvas, host));
    });
  watch("value", show);
  new ResizeObserver(draw).observe(element);
  watchRatio(draw);
  show();
}
