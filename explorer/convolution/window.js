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

function buildSheet() {
  const sheet = document.createElementNS(SVG, "svg");
  sheet.setAttribute("class", "window-outlines");
  sheet.setAttribute("aria-hidden", "true");
  sheet.setAttribute("preserveAspectRatio", "none");
  return sheet;
}

function rectOf([top, left, bottom, right], style) {
  const rect = document.createElementNS(SVG, "rect");
  const place = { x: left, y: top, width: Math.max(0, right - left), height: Math.max(0, bottom - top) };
  for (const [name, value] of Object.entries(place)) rect.setAttribute(name, value);
  rect.style.cssText = style;
  return rect;
}

const coverOf = (box) => rectOf(box, "fill: var(--body-background-fill); opacity: 0.97");

const outlinesOf = (box, thickness) =>
  strokesOf("var(--role-kernel)", thickness).map(([colour, px]) =>
    rectOf(box, `fill: none; stroke: ${colour}; stroke-width: ${px}px; vector-effect: non-scaling-stroke`),
  );

// Outlines above the canvases of the maps, which stay as they are while the window moves. They are told in cells, so that nothing
// has to be measured.
export class Outlines {
  sheets = new WeakMap(); // canvas -> the sheet above it

  constructor(host) {
    this.host = host;
  }

  // `covered`: the cells of the result after this one are not shown yet. `weight`: one that is looked at, or null.
  draw({ padded, kernel, result, moves }, [row, column], terms, { covered, weight }) {
    const canvases = this.host.querySelectorAll("canvas");
    if (canvases.length <= RESULT) return;
    const last = terms.at(-1);
    const isSpread = Math.max(...moves.dilation) > 1 && kernel.values.length > 1;
    const taps = isSpread ? terms.map(({ top, left }) => ({ box: [top, left, top + 1, left + 1], px: 1 })) : [];
    this.fill(canvases[INPUT], padded, [{ box: [terms[0].top, terms[0].left, last.top + 1, last.left + 1] }, ...taps]);
    const [down, right] = weight ?? [];
    this.fill(canvases[KERNEL], kernel, weight ? [{ box: [down, right, down + 1, right + 1] }] : []);
    const after = [[row, column + 1, row + 1, result.columns], [row + 1, 0, result.rows, result.columns]];
    const cover = covered ? after.map((box) => ({ box, isCover: true })) : [];
    this.fill(canvases[RESULT], result, [...cover, { box: [row, column, row + 1, column + 1] }]);
  }

  sheetOf(canvas) {
    if (!this.sheets.has(canvas)) this.sheets.set(canvas, buildSheet());
    const sheet = this.sheets.get(canvas);
    if (!sheet.isConnected) canvas.after(sheet);
    return sheet;
  }

  fill(canvas, { rows, columns }, boxes) {
    const sheet = this.sheetOf(canvas);
    const { width, height } = canvas.style;
    Object.assign(sheet.style, { width, height });
    sheet.setAttribute("viewBox", `0 0 ${columns} ${rows}`);
    const usual = parseFloat(width) / columns < 14 ? 2 : 3; // px
    sheet.replaceChildren(...boxes.flatMap(({ box, px = usual, isCover }) => (isCover ? [coverOf(box)] : outlinesOf(box, px))));
  }
}
