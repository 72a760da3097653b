// The state of the playground, and all that follows from it without the server: problems, numbers, sizes, words.
//
// A state holds what the controls say, as Python's Settings do: {source, sample, upload, drawing, kernel, cells, stride, padding,
// dilation, flip, mode, sides, transposed}. `known` is what Python tells: limits, grammar, words (figures.tell_page).
import { conv2d, conv2dBackward, droppedBy, filterOf, greatestDifference, makeMaps, mostPadding, movesOf, outputSizes, pad, reachOf, samePadding } from "./arithmetic.js";
import { readCell } from "./editor.js";

export const fill = (words, values) => words.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

// As Python's `:.3g` with a true minus sign.
export function format(number, digits = 3) {
  return Number.isFinite(number) ? String(Number(number.toPrecision(digits))).replace("-", "\u2212") : "\u2014";
}

// ---- what is set --------------------------------------------------------------------------------------------

const SPREAD = {
  stride: (number) => [number, number],
  padding: (number) => [number, number, number, number],
  dilation: (number) => [number, number],
};

const isAlike = (numbers) => numbers.every((number) => number === numbers[0]);

// Whether all sides have the number of the slider.
export const isCommonTo = (numbers, state, name) => numbers.every((number) => number === Number(state[name]));

// {stride: [down, right], padding: [top, bottom, left, right], dilation, mode}: what is set for single sides takes the place of
// what is set for all.
export function movesOfState(state) {
  const apart = Object.fromEntries((state.sides ?? []).map(([name, ...numbers]) => [name, numbers.map(Number)]));
  const all = Object.entries(SPREAD).map(([name, spread]) => [name, apart[name] ?? spread(Number(state[name]))]);
  return movesOf({ ...Object.fromEntries(all), mode: state.mode });
}

// Rows for single sides without those of one name.
export const sidesWithout = (sides, name) => (sides ?? []).filter(([each]) => each !== name);

// Rows for single sides after one number of one name has changed.
export function sidesWith(state, name, place, number) {
  const numbers = [...movesOfState(state)[name]];
  numbers[place] = number;
  const rest = sidesWithout(state.sides, name);
  return isCommonTo(numbers, state, name) ? rest : [...rest, [name, ...numbers]];
}

// How padding must be set so that the size stays: {padding, sides}, with a number for all sides where that is enough.
export function keepSize(state, { limits }) {
  const [rows, columns] = [state.cells.length, state.cells[0].length];
  const padding = samePadding({ rows, columns }, movesOfState(state).dilation);
  const rest = sidesWithout(state.sides, "padding");
  const isCommon = isAlike(padding) && padding[0] <= limits.padding[1];
  return isCommon ? { padding: padding[0], sides: rest } : { padding: state.padding, sides: [...rest, ["padding", ...padding]] };
}

// ---- what is wrong ------------------------------------------------------------------------------------------

function wholeProblem(name, value, [minimum, maximum], { words, names }) {
  const about = { name: names[name], value: Number(Number(value).toPrecision(6)), minimum, maximum };
  if (value === null || value === undefined || value === "") return fill(words.empty, about);
  if (!Number.isFinite(Number(value))) return fill(words.notANumber, { ...about, value });
  if (Number(value) < minimum) return fill(words.tooSmall, about);
  if (Number(value) > maximum) return fill(words.tooLarge, about);
  return Number.isInteger(Number(value)) ? null : fill(words.notWhole, about);
}

function movesProblem(state, known) {
  const { limits } = known;
  const alike = Object.keys(SPREAD).map((name) => wholeProblem(name, state[name], limits[name], known));
  const apart = (state.sides ?? []).flatMap(([name, ...numbers]) =>
    numbers.map((number) => wholeProblem(name, number, limits.sides[name], known)),
  );
  return [...alike, ...apart].find(Boolean) ?? null;
}

function cellsProblem(cells, known) {
  const { words, names } = known;
  for (const [row, line] of cells.entries()) {
    for (const [column, written] of line.entries()) {
      const { problem } = readCell(written, known);
      const about = { name: names.kernel, row: row + 1, column: column + 1, value: String(written).trim().slice(0, 20), limit: known.limit };
      if (problem) return fill(words[problem], about);
    }
  }
  return null;
}

function fitProblem(state, picture, { words }) {
  const moves = movesOfState(state);
  const kernel = { rows: state.cells.length, columns: state.cells[0].length };
  const sides = [[picture.rows, kernel.rows], [picture.columns, kernel.columns]];
  const windows = outputSizes(picture, kernel, moves);
  for (const [side, [size, kernelSize]] of sides.entries()) {
    const [padding, after, dilation] = [moves.padding[2 * side], moves.padding[2 * side + 1], moves.dilation[side]];
    const about = { kernel_size: kernelSize, dilation, reach: reachOf(kernelSize, dilation), padded: size + padding + after, size, padding, after };
    if (windows[side] < 1) return fill(after === padding ? words.doesNotFit : words.doesNotFitApart, about);
  }
  for (const [side, [size]] of sides.entries()) {
    const most = mostPadding(moves.mode, size);
    const padding = Math.max(moves.padding[2 * side], moves.padding[2 * side + 1]);
    if (padding > most) return fill(moves.mode === "reflect" ? words.tooMuchReflect : words.tooMuchCircular, { most, size, padding });
  }
  return null;
}

// Why nothing can be computed, in the words of explorer/convolution/session.py and maths.py; null if it can. Without a picture only
// the settings are looked at.
export function problemOf(state, picture, known) {
  const wrong = movesProblem(state, known) ?? cellsProblem(state.cells, known);
  return wrong ?? (picture ? fitProblem(state, picture, known) : null);
}

// ---- what comes out -----------------------------------------------------------------------------------------

// The kernel as it is applied, in float32 like the server's.
function kernelOf({ cells, flip }, known) {
  const kernel = filterOf(cells.map((line) => line.map((written) => readCell(written, known).number)));
  kernel.values = Float64Array.from(Float32Array.from(kernel.values));
  if (flip) kernel.values.reverse();
  return kernel;
}

// All numbers of a state without a problem: {picture, kernel, moves, padded, result, dropped, back}.
export function computeState(state, picture, known) {
  const [kernel, moves] = [kernelOf(state, known), movesOfState(state)];
  const result = conv2d(picture, kernel, null, moves);
  const back = state.transposed ? conv2dBackward(picture, kernel, result, moves).input : null;
  return { picture, kernel, moves, padded: pad(picture, moves), result, dropped: droppedBy(picture, kernel, moves), back };
}

const NO_NUMBERS = new Float64Array(0);
const leastOf = (values) => values.reduce((least, value) => Math.min(least, value), Infinity);
const greatestOf = (values) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

// Whether no number is negative: then the result is a picture again and is shown as one.
export const isBright = ({ kernel, picture }) => leastOf(kernel.values) >= 0 && leastOf(picture.values) >= 0;

// The first cell whose value is the strongest: what is pointed out before anybody points. [row, column].
export function strongestCell({ values, columns }) {
  const most = greatestOf(values);
  const index = values.findIndex((value) => Math.abs(value) === most);
  return [Math.floor(index / columns), index % columns];
}

// What one weight adds to each cell of the result, and the inputs that it meets: {share, met}, met with a 1 for each of those.
export function shareOf({ kernel, padded, result, moves }, [down, right]) {
  const weight = kernel.values[down * kernel.columns + right];
  const share = makeMaps(1, result.rows, result.columns);
  const met = new Uint8Array(padded.values.length);
  for (let row = 0; row < result.rows; row++) {
    for (let column = 0; column < result.columns; column++) {
      const place = (row * moves.stride[0] + down * moves.dilation[0]) * padded.columns + column * moves.stride[1] + right * moves.dilation[1];
      share.values[row * result.columns + column] = padded.values[place] * weight;
      met[place] = 1;
    }
  }
  return { weight, share, met };
}

// ---- the server's answer ------------------------------------------------------------------------------------

// The state as the server says it back; what another source would need does not matter.
export function echoOf(state) {
  const of = (source, value) => (state.source === source ? value ?? null : null);
  const { source, kernel, cells, stride, padding, dilation, flip, mode, sides, transposed } = state;
  const picture = { sample: of("sample", state.sample), upload: of("upload", state.upload), drawing: of("drawing", state.drawing) };
  return { source, ...picture, kernel, cells, stride, padding, dilation, flip, mode, sides, transposed };
}

export const isSame = (one, other) => JSON.stringify(one) === JSON.stringify(other);

// The greatest difference between the page's numbers, those of F.conv2d and those of the loop in Python.
export function differenceTo(computed, { result, back, difference }) {
  const ofResult = greatestDifference(computed.result, { values: result });
  const ofBack = computed.back && back ? greatestDifference(computed.back, { values: back }) : 0;
  return Math.max(difference, ofResult, ofBack);
}

// Whether float32 may miss sums of these products by so much. If not, a browser has not handed out the exact pixels of a picture, as some
// do so that nobody can be recognised by them.
export function isRounding(difference, { kernel, back }) {
  const sum = kernel.values.reduce((total, weight) => total + Math.abs(weight), 0);
  return difference <= 1e-5 * sum * (back ? Math.max(1, sum) : 1);
}

// "3.1e-07", as Python writes it.
export function writeDifference(difference) {
  return difference.toExponential(1).replace(/e([+-])(\d)$/, "e$10$2");
}

// ---- the formula --------------------------------------------------------------------------------------------

function fillFormula(sides, { size, kernel, stride, before, after, dilation, windows }) {
  const names = [...sides].map((side) => `<i>${side}</i><sub>out</sub> = `).join("");
  const padding = before === after ? `2·${before}` : `${before} + ${after}`;
  const above = `${size} + ${padding} \u2212 ${dilation}·(${kernel} \u2212 1) \u2212 1`;
  const fraction = `<span class="fraction"><span>${above}</span><span>${stride}</span></span>`;
  return `<p class="formula">${names}<span class="floor">${fraction}</span> + 1 = <b>${windows}</b></p>`;
}

// The output-size formula with this setting's numbers, as HTML; one line where both sides are alike.
export function drawFormula({ picture, kernel, moves, result }) {
  const { stride, padding, dilation } = moves;
  const along = (side, size, kernelSize, windows) =>
    ({ size, kernel: kernelSize, stride: stride[side], before: padding[2 * side], after: padding[2 * side + 1], dilation: dilation[side], windows });
  const down = along(0, picture.rows, kernel.rows, result.rows);
  const across = along(1, picture.columns, kernel.columns, result.columns);
  return isSame(down, across) ? fillFormula("HW", down) : fillFormula("H", down) + fillFormula("W", across);
}

// ---- the maps -----------------------------------------------------------------------------------------------

const LARGE_CELL = 40; // px
const SMALL_MAP = 168; // px that a large kernel takes

function rawMap({ rows, columns, values }, about, mostNumbered) {
  const isNumbered = about.numbers ?? Math.max(rows, columns) <= mostNumbered;
  const line = (row) => Array.from(values.subarray(row * columns, (row + 1) * columns), (value) => format(value, about.digits));
  const numbers = isNumbered ? Array.from({ length: rows }, (_, row) => line(row)) : null;
  const map = { rows, columns, values, limit: greatestOf(values) || 1, scale: "signed", boxes: [], lines: [], leastCell: 0, title: "", caption: "" };
  return { ...map, ...about, numbers };
}

// One number where all sides have the same, else each side with its own: "down 2, right 1".
export function describeSides(name, numbers, { sides, listJoiner }) {
  return isAlike(numbers) ? String(numbers[0]) : numbers.map((number, place) => `${sides[name][place]} ${number}`).join(listJoiner);
}

// How many pixels no window reaches because the last step would lead past the end.
export const countDropped = ({ padded, dropped }) =>
  padded.values.length - (padded.rows - dropped[0]) * (padded.columns - dropped[1]);

function inputMap({ picture, padded, moves, dropped }, met, known) {
  const { words, roles, mostNumbered } = known;
  const [top, , left] = moves.padding;
  const isPadded = moves.padding.some(Boolean);
  const size = fill(isPadded ? words.sizePadded : words.size, { height: picture.rows, width: picture.columns, padding: describeSides("padding", moves.padding, known) });
  const marked = Uint8Array.from(padded.values, (_, index) => {
    const [row, column] = [Math.floor(index / padded.columns), index % padded.columns];
    if (row >= padded.rows - dropped[0] || column >= padded.columns - dropped[1]) return 2;
    return met?.[index] ?? 0;
  });
  const boxes = isPadded ? [[top, left, top + picture.rows, left + picture.columns, roles.input]] : [];
  return rawMap(padded, { title: words.input, caption: size, scale: "grey", limit: 1, boxes, marked, shade: roles.kernel }, mostNumbered);
}

function resultMap(computed, shared, { words, mostNumbered }) {
  const { result } = computed;
  const size = fill(words.size, { height: result.rows, width: result.columns });
  const limit = greatestOf(result.values) || 1;
  if (shared) return rawMap(shared.share, { title: fill(words.share, { weight: format(shared.weight) }), caption: size, limit }, mostNumbered);
  const look = isBright(computed) ? { scale: "grey", limit: Math.max(1, limit) } : { limit };
  return rawMap(result, { title: words.result, caption: size, ...look }, mostNumbered);
}

// What canvas.js draws: input with its padding, kernel, the products of one window, result, and the transposed convolution of the
// result where it is asked for. `shared` is of `shareOf`, while a weight is looked at.
export function mapsOf(computed, products, shared, known) {
  const { words, kernelCell, mostNumbered } = known;
  const { kernel, back } = computed;
  const longest = Math.max(kernel.rows, kernel.columns);
  // Kernel and products beside each other, so large that the numbers can be read.
  const leastCell = Math.max(kernelCell, Math.min(LARGE_CELL, Math.floor(SMALL_MAP / longest)));
  const small = { numbers: true, leastCell };
  const size = fill(words.size, { height: kernel.rows, width: kernel.columns });
  const sum = products.reduce((total, each) => total + each, 0);
  const ofWindow = { ...kernel, values: products };
  const maps = [
    inputMap(computed, shared?.met, known),
    rawMap(kernel, { ...small, title: words.kernel, caption: size }, mostNumbered),
    rawMap(ofWindow, { ...small, digits: longest > 3 ? 2 : 3, title: words.products, caption: fill(words.sum, { sum: format(sum) }) }, mostNumbered),
    resultMap(computed, shared, known),
  ];
  const caption = back && fill(words.size, { height: back.rows, width: back.columns });
  const look = isBright(computed) ? { scale: "grey" } : {};
  if (back) maps.push(rawMap(back, { ...look, title: words.back, caption }, mostNumbered));
  return maps;
}

// A picture of bytes as numbers from 0 to 1, in float32 like the server's.
export function pictureOf({ rows, columns, pixels = NO_NUMBERS }) {
  return makeMaps(1, rows, columns, Float64Array.from(pixels, (pixel) => Math.fround(pixel / 255)));
}
