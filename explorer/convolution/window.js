// One window: its products and their sum, and where it lies on the maps of the playground, in the order input, kernel, products,
// result. `computed` is of computeState (playground.js).
import { strokesOf } from "../page/drawing.js";
import { format } from "./playground.js";

export const INPUT = 0;
export const KERNEL = 1;
export const RESULT = 3; // after the products
const MOST_TERMS = 9;
const SVG = "http://www.w3.org/2000/svg";

// Numbers below zero stand in brackets after a sign.
const bracket = (number) => (number < 0 ? `(${format(number)})` : format(number));

// The products whose sum is the cell of the result: {pixel, weight, top, left}.
export function termsOf({ padded, kernel, moves: { stride, dilation } }, [row, column]) {
  return Array.from(kernel.values, (weight, index) => {
    const top = row * stride[0] + Math.floor(index / kernel.columns) * dilation[0];
    const left = column * stride[1] + (index % kernel.columns) * dilation[1];
    return { pixel: padded.values[top * padded.columns + left], weight, top, left };
  });
}

// The part of the sum that is written out, without its result.
export function writeTerms(terms, more) {
  const shown = terms.slice(0, MOST_TERMS).map(({ pixel, weight }) => `${bracket(pixel)}·${bracket(weight)}`);
  const rest = terms.length - shown.length;
  return [...shown, ...(rest > 0 ? [more.replace("{count}", rest)] : [])].join(" + ");
}

// The cell of the result whose window's middle is nearest to a place on the padded input.
export function nearestWindow([row, column], { kernel, moves: { stride, dilation } }) {
  const middle = (place, size, side) => Math.round((place - (dilation[side] * (size - 1)) / 2) / stride[side]);
  return [middle(row, kernel.rows, 0), middle(column, kernel.columns, 1)];
}

// ---- outlines -----------------------------------------------------------------------------------------------

function buildOutlines() {
  const outlines = document.createElementNS(SVG, "svg");
  outlines.setAttribute("class", "window-outlines");
  outlines.setAttribute("aria-hidden", "true");
  return outlines;
}

// Outlines above the canvases of the maps, which stay as they are while the window moves.
export class Outlines {
  svg = buildOutlines();

  constructor(host) {
    this.host = host;
  }

  // `covered`: the cells of the result after this one are not shown yet.
  draw({ padded, kernel, result, moves }, cell, terms, covered) {
    const canvases = this.host.querySelectorAll("canvas");
    if (canvases.length <= RESULT) return;
    this.host.append(this.svg);
    this.svg.replaceChildren();
    const last = terms.at(-1);
    this.outline(canvases[INPUT], padded, [terms[0].top, terms[0].left, last.top + 1, last.left + 1]);
    const isSpread = Math.max(...moves.dilation) > 1 && kernel.values.length > 1;
    for (const { top, left } of isSpread ? terms : []) this.outline(canvases[INPUT], padded, [top, left, top + 1, left + 1], 1);
    const [row, column] = cell;
    if (covered) this.cover(canvases[RESULT], result, cell);
    this.outline(canvases[RESULT], result, [row, column, row + 1, column + 1]);
  }

  mark(canvas, map, [row, column]) {
    this.outline(canvas, map, [row, column, row + 1, column + 1]);
  }

  clear() {
    this.svg.replaceChildren();
  }

  // px of the place of cells on the page.
  placeOf(canvas, map, [top, left, bottom, right]) {
    const [box, origin] = [canvas.getBoundingClientRect(), this.svg.getBoundingClientRect()];
    const [width, height] = [box.width / map.columns, box.height / map.rows];
    const place = { x: box.left - origin.left + left * width, y: box.top - origin.top + top * height };
    return { ...place, width: Math.max(0, right - left) * width, height: Math.max(0, bottom - top) * height };
  }

  add(place, style) {
    const rect = document.createElementNS(SVG, "rect");
    for (const [name, value] of Object.entries(place)) rect.setAttribute(name, value);
    rect.style.cssText = style;
    this.svg.append(rect);
  }

  cover(canvas, map, [row, column]) {
    for (const box of [[row, column + 1, row + 1, map.columns], [row + 1, 0, map.rows, map.columns]]) {
      this.add(this.placeOf(canvas, map, box), "fill: var(--body-background-fill); opacity: 0.9");
    }
  }

  outline(canvas, map, box, thickness = null) {
    const place = this.placeOf(canvas, map, box);
    const isSmall = place.width / (box[3] - box[1]) < 14;
    for (const [colour, px] of strokesOf("var(--role-kernel)", thickness ?? (isSmall ? 2 : 3))) {
      this.add(place, `fill: none; stroke: ${colour}; stroke-width: ${px}px`);
    }
  }
}
