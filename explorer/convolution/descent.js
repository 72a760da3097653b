// One kernel that learns by gradient descent: the loss is the mean squared distance between what it makes of a picture and a target.
// All of it is quadratic in the kernel, so what must happen is known beforehand. Tested against PyTorch: tests/convolution/test_descent.py.
import { conv2d, linesOf, makeFilters, makeMaps, movesOf, samePadding, unfold } from "./arithmetic.js";

export const MOST_STEPS = 5000;
const FLAT = 1e-10; // of the greatest curvature: below it a direction changes nothing that could be seen
const REACHED = 1e-9; // of the loss of zeros: what counts as no loss

// The result is as large as the picture, and the picture goes on beyond its border: so a uniform picture stays uniform.
const movesFor = (kernel) => movesOf({ padding: samePadding(kernel), mode: "replicate" });

export const apply = (picture, kernel) => conv2d(picture, kernel, null, movesFor(kernel));

export const squareKernel = (size, values) => makeFilters(1, 1, size, size, values);

export const minus = (one, other) => ({ ...one, values: one.values.map((value, index) => value - other.values[index]) });

const meanSquare = ({ values }) => values.reduce((sum, value) => sum + value * value, 0) / values.length;

const dot = (one, other) => one.reduce((sum, value, index) => sum + value * other[index], 0);

export const lossOf = (picture, kernel, target) => meanSquare(minus(apply(picture, kernel), target));

// One step as torch.optim.SGD takes it: {kernel, velocity} -> the next.
export function takeStep({ kernel, velocity }, gradient, { rate, momentum }) {
  const faster = velocity.map((value, index) => momentum * value + gradient[index]);
  return { kernel: { ...kernel, values: kernel.values.map((value, index) => value - rate * faster[index]) }, velocity: faster };
}

// ---- what must happen ---------------------------------------------------------------------------------------

// The matrix of second derivatives of the loss, rows and columns of length k * k: the same for every kernel and every target.
function curvatureOf(windows) {
  return windows.map((one) => windows.map((other) => (2 / one.length) * dot(one, other)));
}

// The rotation in the plane of two axes after which their entry is zero.
function rotate(matrix, vectors, p, q) {
  if (Math.abs(matrix[p][q]) < 1e-300) return;
  const slope = (matrix[q][q] - matrix[p][p]) / (2 * matrix[p][q]);
  const tangent = (slope < 0 ? -1 : 1) / (Math.abs(slope) + Math.hypot(slope, 1));
  const cosine = 1 / Math.hypot(tangent, 1);
  const sine = tangent * cosine;
  const turn = (row, one, other) => {
    const [a, b] = [row[one], row[other]];
    row[one] = cosine * a - sine * b;
    row[other] = sine * a + cosine * b;
  };
  for (const row of matrix) turn(row, p, q);
  for (let column = 0; column < matrix.length; column++) {
    const [a, b] = [matrix[p][column], matrix[q][column]];
    matrix[p][column] = cosine * a - sine * b;
    matrix[q][column] = sine * a + cosine * b;
  }
  for (const row of vectors) turn(row, p, q);
}

// Directions and how strongly the loss curves along each, the strongest first: the eigenvectors of a symmetric matrix (Jacobi's method).
function directionsOf(symmetric) {
  const size = symmetric.length;
  const matrix = symmetric.map((row) => [...row]);
  const vectors = matrix.map((_, row) => matrix.map((__, column) => (row === column ? 1 : 0)));
  const offDiagonal = () => matrix.reduce((sum, row, at) => sum + row.reduce((all, value, to) => all + (at === to ? 0 : value * value), 0), 0);
  const whole = matrix.flat().reduce((sum, value) => sum + value * value, 0);
  for (let sweep = 0; sweep < 60 && offDiagonal() > 1e-28 * whole; sweep++) {
    for (let p = 0; p < size; p++) for (let q = p + 1; q < size; q++) rotate(matrix, vectors, p, q);
  }
  return matrix
    .map((row, index) => ({ curvature: row[index], along: vectors.map((line) => line[index]) }))
    .sort((one, other) => other.curvature - one.curvature);
}

const isSeen = ({ curvature }, directions) => curvature > FLAT * directions[0].curvature;

// The loss as the quadratic function that it is: with weights w it is zeros - pull w + w curvature w / 2. So a step needs no pass over
// the picture, forwards or backwards, and gives the same as if it had made both.
function quadraticOf(picture, kernel, target) {
  const windows = linesOf(unfold(picture, kernel, movesFor(kernel)));
  return {
    curvature: curvatureOf(windows),
    pull: windows.map((line) => (2 / line.length) * dot(line, target.values)),
    zeros: meanSquare(target), // the loss of a kernel of zeros
  };
}

export const slopeOf = ({ curvature, pull }, weights) => Float64Array.from(pull, (each, index) => dot(curvature[index], weights) - each);

export function lossAt({ curvature, pull, zeros }, weights) {
  const bent = weights.reduce((sum, weight, index) => sum + weight * dot(curvature[index], weights), 0);
  return Math.max(0, zeros - dot(pull, weights) + bent / 2);
}

// The best kernel, and the smallest of the best ones where several are: least squares by the normal equations.
function bestWeights({ pull }, directions) {
  const best = new Float64Array(pull.length);
  for (const direction of directions.filter((each) => isSeen(each, directions))) {
    const share = dot(direction.along, pull) / direction.curvature;
    direction.along.forEach((value, index) => (best[index] += share * value));
  }
  return best;
}

// From this learning rate on the steps grow instead of shrinking, along the direction of the greatest curvature.
export const greatestRate = (directions, momentum = 0) =>
  directions[0].curvature > 0 ? (2 * (1 + momentum)) / directions[0].curvature : Infinity;

// All that is known before the first step.
export function foresee(picture, kernel, target) {
  const quadratic = quadraticOf(picture, kernel, target);
  const directions = directionsOf(quadratic.curvature);
  const best = { ...kernel, values: bestWeights(quadratic, directions) };
  const seen = directions.filter((each) => isSeen(each, directions));
  const least = lossOf(picture, best, target);
  return {
    quadratic,
    directions,
    best,
    zeros: quadratic.zeros,
    least: least <= REACHED * quadratic.zeros ? 0 : least,
    blind: directions.length - seen.length, // directions of which the picture says nothing
    flattest: seen.at(-1)?.curvature ?? 0,
  };
}

// Steps after which half of what is wrong in the flattest direction is still wrong; without momentum.
const halfLife = ({ flattest }, rate) => Math.ceil(Math.log(0.5) / Math.log(Math.abs(1 - rate * flattest)));

// ---- starts and targets -------------------------------------------------------------------------------------

// The same numbers for the same seed, in [0, 1) (mulberry32).
function chanceOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

// Numbers between -1/2 and 1/2; zeros for the seed 0.
export function firstKernel(size, seed) {
  const chance = chanceOf(seed);
  return squareKernel(size, Float64Array.from({ length: size * size }, () => (seed ? chance() - 0.5 : 0)));
}

// The same kernel in a frame of zeros, or cut to its middle.
export function resizeKernel(kernel, size) {
  const from = (kernel.rows - size) / 2;
  const at = (row, column) =>
    row >= 0 && column >= 0 && row < kernel.rows && column < kernel.columns ? kernel.values[row * kernel.columns + column] : 0;
  const cell = (_, index) => at(Math.floor(index / size) + from, (index % size) + from);
  return squareKernel(size, Float64Array.from({ length: size * size }, cell));
}

// The greatest difference between two kernels of any sizes, laid on one middle.
export function apart(one, other) {
  const size = Math.max(one.rows, other.rows);
  const off = minus(resizeKernel(one, size), resizeKernel(other, size));
  return off.values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

export const uniformPicture = (side, value) => makeMaps(1, side, side, new Float64Array(side * side).fill(value));

export function noisePicture(side, seed) {
  const chance = chanceOf(seed);
  return makeMaps(1, side, side, Float64Array.from({ length: side * side }, chance));
}

// ---- what is said of it -------------------------------------------------------------------------------------

// What must come of this setting, as [key of a sentence, numbers]. `hidden` is null where the reader drew the target.
export function judge(foreseen, { size, hidden, rate, momentum }) {
  const { zeros, least, blind, directions } = foreseen;
  const limit = greatestRate(directions, momentum);
  if (zeros === 0 && !hidden) return [["draw", {}]];
  const said = [];
  if (rate >= limit) said.push(["diverges", { limit, rate }]);
  if (blind) said.push(["blind", { blind, weights: size * size }]);
  if (least > 0) said.push([hidden && hidden.rows > size ? "small" : "impossible", { size, least, share: least / zeros }]);
  else said.push(["reachable", { size }]);
  if (rate < limit && !momentum && !blind) said.push(["slow", { steps: halfLife(foreseen, rate), rate }]);
  return said;
}

export const GUESSES = [10, 100, 1000]; // bounds of the groups in which a reader guesses the steps; beyond them "more", and "never"

// After how many steps a loss first was as low as that; null if it never was.
export function firstBelow(losses, goal) {
  const found = losses.findIndex((loss) => loss <= goal);
  return found < 0 ? null : found;
}

// In which group a number of steps lies; null (never there) has its own at the end.
export const groupOf = (steps) => (steps === null ? GUESSES.length + 1 : GUESSES.filter((bound) => steps > bound).length);
