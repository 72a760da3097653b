// Points out one window: outlines it on the input, marks its cell on both results, and writes out its sum.
// It listens to the canvases of the main picture (explorer/page/canvas.js), in the order input, kernel, loop, PyTorch.
import { filterOf, mapOf } from "./arithmetic.js";
import { tellScreen } from "./screen.js";
import { strokesOf } from "../page/drawing.js";
import { ARROWS, clamp, isShortcut, placeAt } from "../page/pointing.js";

const PICTURE = "convolution-maps";
const [INPUT, KERNEL, LOOP, TORCH] = [0, 1, 2, 3];
const MOST_TERMS = 9;
const SVG = "http://www.w3.org/2000/svg";

const mapsOf = () => document.querySelector(`#${PICTURE} .maps`);

function format(number) {
  return String(Number(number.toPrecision(3))).replace("-", "\u2212");
}

// Numbers below zero stand in brackets after a sign.
const bracket = (number) => (number < 0 ? `(${format(number)})` : format(number));

// The products whose sum is the cell of the result: {pixel, weight, top, left}.
export function termsOf({ padded, kernel, stride, dilation }, [row, column]) {
  return kernel.flatMap((weights, down) =>
    weights.map((weight, right) => {
      const [top, left] = [row * stride + down * dilation, column * stride + right * dilation];
      return { pixel: padded[top][left], weight, top, left };
    }),
  );
}

// The part of the sum that is written out, without its result.
export function writeTerms(terms, more) {
  const shown = terms.slice(0, MOST_TERMS).map(({ pixel, weight }) => `${bracket(pixel)}·${bracket(weight)}`);
  const rest = terms.length - shown.length;
  return [...shown, ...(rest > 0 ? [more.replace("{count}", rest)] : [])].join(" + ");
}

// The cell of the result whose window's middle is nearest to a place on the padded input.
export function nearestWindow([row, column], { stride, kernel, dilation }) {
  const middle = (place, size) => Math.round((place - (dilation * (size - 1)) / 2) / stride);
  return [middle(row, kernel.length), middle(column, kernel[0].length)];
}

function buildOutlines() {
  const outlines = document.createElementNS(SVG, "svg");
  outlines.setAttribute("class", "window-outlines");
  Object.assign(outlines.style, { position: "absolute", inset: 0, width: "100%", height: "100%", overflow: "visible" });
  Object.assign(outlines.style, { pointerEvents: "none", zIndex: 10 });
  return outlines;
}

class WindowSum {
  cell = null; // [row, column] of the result
  chosen = false; // whether a person pointed at it
  shape = ""; // sizes of input and result: where they change, the cell pointed at before means nothing
  outlines = buildOutlines();

  constructor(element, props) {
    this.line = element.querySelector(".window-sum");
    this.props = props;
  }

  show() {
    const { value } = this.props;
    if (!value?.result) return;
    const [rows, columns] = [value.result.length, value.result[0].length];
    const shape = [value.padded.length, value.padded[0].length, rows, columns].join();
    if (!this.chosen || shape !== this.shape) [this.cell, this.chosen] = [value.cell, false];
    this.shape = shape;
    const terms = termsOf(value, this.cell);
    this.write(value, terms);
    this.drawOutlines(value, terms);
  }

  write(value, terms) {
    const sum = document.createElement("b");
    sum.textContent = format(value.result[this.cell[0]][this.cell[1]]);
    this.line.replaceChildren(`${writeTerms(terms, value.words.more)} = `, sum);
    this.line.title = value.words.hint;
  }

  drawOutlines(value, terms) {
    const host = mapsOf();
    const canvases = host?.querySelectorAll("canvas");
    if (!canvases || canvases.length <= TORCH) return;
    canvases[LOOP].tabIndex = 0;
    canvases[LOOP].setAttribute("role", "img");
    canvases[LOOP].setAttribute("aria-label", value.words.keys);
    host.setAttribute("role", "group"); // as an image, its content would be hidden from screen readers
    host.append(this.outlines);
    this.outlines.replaceChildren();
    const { padded, kernel, result, dilation } = value;
    const last = terms.at(-1);
    this.outline(canvases[INPUT], padded, [terms[0].top, terms[0].left, last.top + 1, last.left + 1]);
    const taps = dilation > 1 && kernel.flat().length > 1 ? terms : [];
    taps.forEach(({ top, left }) => this.outline(canvases[INPUT], padded, [top, left, top + 1, left + 1], 1));
    const [row, column] = this.cell;
    for (const map of [LOOP, TORCH]) this.outline(canvases[map], result, [row, column, row + 1, column + 1]);
  }

  outline(canvas, map, [top, left, bottom, right], thickness = null) {
    const [box, origin] = [canvas.getBoundingClientRect(), this.outlines.getBoundingClientRect()];
    const [width, height] = [box.width / map[0].length, box.height / map.length];
    const place = {
      x: box.left - origin.left + left * width,
      y: box.top - origin.top + top * height,
      width: (right - left) * width,
      height: (bottom - top) * height,
    };
    for (const [colour, px] of strokesOf("var(--role-kernel)", thickness ?? (width < 14 ? 2 : 3))) {
      const rect = document.createElementNS(SVG, "rect");
      for (const [name, value] of Object.entries(place)) rect.setAttribute(name, value);
      rect.style.cssText = `fill: none; stroke: ${colour}; stroke-width: ${px}px`;
      this.outlines.append(rect);
    }
  }

  point(event) {
    const host = mapsOf();
    const index = host ? [...host.querySelectorAll("canvas")].indexOf(event.target) : -1;
    const { value } = this.props;
    if (index < 0 || index === KERNEL || !value?.result) return;
    const map = index === INPUT ? value.padded : value.result;
    const place = placeAt(event.target.getBoundingClientRect(), map.length, map[0].length, event);
    this.choose(index === INPUT ? nearestWindow(place, value) : place);
  }

  choose([row, column]) {
    const { result } = this.props.value;
    this.cell = [clamp(row, 0, result.length - 1), clamp(column, 0, result[0].length - 1)];
    this.chosen = true;
    this.show();
  }

  // The arrow keys move the window while the loop's result has the keyboard.
  step(event) {
    const move = ARROWS[event.key];
    if (!move || isShortcut(event) || !this.cell || !this.props.value?.result) return;
    event.preventDefault();
    this.choose([this.cell[0] + move[0], this.cell[1] + move[1]]);
  }
}

// What the sections below compute with.
function tellSections({ padded, kernel, stride, padding, dilation }) {
  const inside = (line) => line.slice(padding, line.length - padding);
  const picture = mapOf(inside(padded).map(inside));
  tellScreen({ picture, kernel: filterOf(kernel), moves: { stride: [stride, stride], padding: Array(4).fill(padding), dilation: [dilation, dilation] } });
}

export function mount(element, props, watch) {
  const sum = new WindowSum(element, props);
  const tell = () => props.value?.padded && tellSections(props.value);
  // The canvases take their new sizes in the same turn; outlines follow in the next frame.
  const showSoon = () => requestAnimationFrame(() => sum.show());

  // The picture may come into the page after this line, and its canvases move when the width changes.
  function attach() {
    const host = mapsOf();
    if (!host) return requestAnimationFrame(attach);
    host.addEventListener("pointermove", (event) => sum.point(event));
    host.addEventListener("pointerdown", (event) => sum.point(event));
    host.addEventListener("keydown", (event) => sum.step(event));
    new ResizeObserver(showSoon).observe(host);
    sum.show();
  }

  watch("value", showSoon);
  watch("value", tell);
  tell();
  attach();
}
