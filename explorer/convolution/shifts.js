// Pooling and convolutions of a picture that is moved: how much of the result moves along (equivariance), and how much stays where it was
// (invariance). Tested against PyTorch: tests/convolution/test_shifts.py.
import { conv2d, pool, poolGlobally, shift } from "./arithmetic.js";

const ROUNDING = 1e-6; // of float32

export const OPERATIONS = ["max", "average", "conv", "strided", "global"];

// Pixels that one cell of the result stands for; of the mean of the whole picture there is only one cell.
const strideOf = (operation, size) => ({ max: size, average: size, conv: 1, strided: size, global: Infinity })[operation];

// What an operation makes of a picture; null where a window does not fit.
function operate(operation, picture, { kernel, size }) {
  if (operation === "global") return poolGlobally(picture);
  const [rows, columns] = operation === "max" || operation === "average" ? [size, size] : [kernel.rows, kernel.columns];
  if (rows > picture.rows || columns > picture.columns) return null;
  if (operation === "max" || operation === "average") return pool(picture, size, operation);
  const stride = strideOf(operation, size);
  return conv2d(picture, kernel, null, { stride: [stride, stride] });
}

// The cells of two maps that are compared, as pairs: those that hold something in either of them.
function pairsOf(one, other, isInside) {
  const pairs = [];
  one.values.forEach((value, index) => {
    const [row, column] = [Math.floor(index / one.columns), index % one.columns];
    if (isInside(row, column)) pairs.push([value, other.values[index]]);
  });
  return pairs;
}

function rangeOf(...maps) {
  const values = maps.flatMap((map) => [...map.values]);
  return values.reduce((most, value) => Math.max(most, value), -Infinity) - values.reduce((least, value) => Math.min(least, value), Infinity);
}

// {cells, equal, change, correlation}: how many cells there are, which share of them is equal to the digits of float32, the mean
// change as a share of `range`, and Pearson's correlation; null where a number is not defined.
function grade(pairs, range) {
  const cells = pairs.length;
  if (!cells) return { cells, equal: null, change: null, correlation: null };
  const changes = pairs.map(([one, other]) => Math.abs(one - other));
  return {
    cells,
    equal: changes.filter((change) => change <= ROUNDING * Math.max(1, range)).length / cells,
    change: range ? changes.reduce((sum, each) => sum + each, 0) / cells / range : 0,
    correlation: correlate(pairs),
  };
}

function correlate(pairs) {
  const mean = (side) => pairs.reduce((sum, pair) => sum + pair[side], 0) / pairs.length;
  const [first, second] = [mean(0), mean(1)];
  const sum = (each) => pairs.reduce((total, [one, other]) => total + each(one - first, other - second), 0);
  const [own, others] = [sum((one) => one * one), sum((_, other) => other * other)];
  return own > 1e-20 && others > 1e-20 ? sum((one, other) => one * other) / Math.sqrt(own * others) : null;
}

// How an operation takes a shift: {before, after, moved, equivariance, invariance}. What moves along is only asked where the shift is a
// whole number of cells of the result, and beside the rows and columns into which something new has come.
export function compare(operation, picture, setting) {
  const [down, right] = setting.shift;
  const before = operate(operation, picture, setting);
  if (!before) return null;
  const after = operate(operation, shift(picture, down, right), setting);
  const stride = strideOf(operation, setting.size);
  const range = operation === "global" ? rangeOf(picture) : rangeOf(before, after); // one cell has no range of its own
  const invariance = grade(pairsOf(before, after, () => true), range);
  const isWhole = down % stride === 0 && right % stride === 0;
  if (!isWhole) return { before, after, moved: null, equivariance: null, invariance };
  const steps = stride === Infinity ? [0, 0] : [down / stride, right / stride];
  const moved = shift(before, ...steps);
  const inside = (place, step, size) => place >= step && place < size + Math.min(0, step);
  const isInside = (row, column) => inside(row, steps[0], before.rows) && inside(column, steps[1], before.columns);
  return { before, after, moved, equivariance: grade(pairsOf(moved, after, isInside), range), invariance };
}
