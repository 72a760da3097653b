// The kernel that is learned in the page: node --test tests/scripts/*.test.js
import assert from "node:assert/strict";
import test from "node:test";

import { makeMaps } from "../../explorer/convolution/arithmetic.js";
import { cellSize, fill, say, sideIn } from "../../explorer/convolution/board.js";
import { readNumber, writeNumber } from "../../explorer/convolution/cells.js";
import { cutOut } from "../../explorer/convolution/clothes.js";
import { decadesOf, stackWords, stepsOf, thin } from "../../explorer/convolution/curve.js";
import * as descent from "../../explorer/convolution/descent.js";

const picture = descent.noisePicture(12, 3);
const kernelOf = (...values) => descent.squareKernel(Math.sqrt(values.length), Float64Array.from(values));
const keysOf = (target, setting) => descent.judge(descent.foresee(setting.picture ?? picture, descent.firstKernel(setting.size, 0), target), { momentum: 0, rate: 0.1, hidden: null, ...setting }).map(([key]) => key);

test("what is said of a setting is what must come of it", () => {
  const hidden = kernelOf(0, 1, 0, 1, -4, 1, 0, 1, 0);
  const target = descent.apply(picture, hidden);
  assert.deepEqual(keysOf(target, { size: 3, hidden }), ["reachable", "slow"]);
  assert.deepEqual(keysOf(target, { size: 1, hidden }), ["small", "slow"]);
  assert.deepEqual(keysOf(target, { size: 3, hidden, rate: 9 }), ["diverges", "reachable"]);
  assert.deepEqual(keysOf(target, { size: 3, hidden, momentum: 0.9 }), ["reachable"]);
  const drawn = makeMaps(1, 12, 12);
  assert.deepEqual(keysOf(drawn, { size: 3 }), ["draw"]);
  drawn.values[50] = 1;
  assert.deepEqual(keysOf(drawn, { size: 3 }), ["impossible", "slow"]);
  const uniform = descent.uniformPicture(12, 0.5);
  assert.deepEqual(keysOf(descent.apply(uniform, kernelOf(2)), { size: 3, hidden: kernelOf(2), picture: uniform }), ["blind", "reachable"]);
});

test("a kernel in a frame of zeros makes the same, and two kernels are compared on one middle", () => {
  const [small, large] = [kernelOf(3), descent.resizeKernel(kernelOf(3), 5)];
  assert.equal(large.values[12], 3);
  assert.deepEqual([...descent.apply(picture, small).values], [...descent.apply(picture, large).values]);
  assert.equal(descent.apart(small, large), 0);
  assert.equal(descent.apart(large, kernelOf(0, 0, 0, 0, 3, 0, 0, 0, -2)), 2);
});

test("a seed gives the same start each time, and zero gives zeros", () => {
  assert.deepEqual(descent.firstKernel(3, 2), descent.firstKernel(3, 2));
  assert.notDeepEqual(descent.firstKernel(3, 2), descent.firstKernel(3, 1));
  assert.ok(descent.firstKernel(7, 1).values.every((value) => Math.abs(value) <= 0.5));
  assert.ok(descent.firstKernel(3, 0).values.every((value) => value === 0));
});

test("steps fall into the groups that a reader can guess", () => {
  assert.deepEqual([0, 1, 10, 11, 100, 101, 1000, 1001, null].map(descent.groupOf), [0, 0, 0, 1, 1, 2, 2, 3, 4]);
  assert.deepEqual([3, 2, 1, 0.5].map((goal) => descent.firstBelow([3, 2.5, 1, 1.5], goal)), [0, 2, 2, null]);
});

test("what is typed is read as a number, or refused", () => {
  assert.deepEqual(["1/4", " -2", "−.5", "1e1", "+3."].map(readNumber), [0.25, -2, -0.5, 10, 3]);
  for (const written of ["", "a", "1/2/3", "1/0", "1e9", "--1", "0x10"]) assert.ok(Number.isNaN(readNumber(written)), written);
  assert.deepEqual([1 / 3, -2, 1e-9, -1e-9, Infinity].map(writeNumber), ["0.333", "−2", "0", "0", "∞"]);
  const large = [999.6, -1234.5, 12345, -99999.4, 99999.6, -123456, 3e12];
  assert.deepEqual(large.map(writeNumber), ["1000", "−1235", "12345", "−99999", "1e5", "−1.2e5", "3e12"]);
});

test("numbers are said in three digits, and sentences are filled with them", () => {
  assert.deepEqual([0, 1234.5, -0.12345, 1e-5, 2e7, Infinity].map((each) => say(each)), ["0", "1,230", "−0.123", "1.0e−5", "2.0e7", "∞"]);
  assert.equal(fill("{a} of {b}, {a}", { a: 0.5, b: "many" }), "0.5 of many, 0.5");
});

test("the axes of the curve hold what is drawn", () => {
  assert.deepEqual(decadesOf([0.3, 0.02, 0, NaN]), [-2, 0]);
  assert.deepEqual(decadesOf([1]), [-1, 0]);
  assert.deepEqual(decadesOf([1, 1e-30]), [-9, 0]);
  assert.deepEqual(decadesOf([]), [-1, 0]);
  assert.deepEqual(stackWords([100, 100], 17), [95, 78]); // equal levels
  assert.deepEqual(stackWords([90, 100, 20], 17), [78, 95, 15]);
  assert.deepEqual(stepsOf(10), [0, 2, 4, 6, 8, 10]);
  assert.deepEqual(stepsOf(1234), [0, 500, 1000]);
  const points = thin(Array.from({ length: 5001 }, (_, step) => step));
  assert.ok(points.length <= 402);
  assert.deepEqual([points[0], points.at(-1)], [[0, 0], [5000, 5000]]);
});

test("clothes are cut out of the sheet row by row", () => {
  const width = 56;
  const data = Uint8ClampedArray.from({ length: 4 * width * 56 }, (_, index) => (index % 4 ? 7 : ((index / 4) % width) + Math.floor(index / 4 / width)));
  const clothes = cutOut({ data, width }, 1, 1);
  assert.equal(clothes.values[0], 56 / 255);
  assert.equal(clothes.values[28 + 2], (56 + 3) / 255);
});

test("maps that share a row fit beside each other, and a phone has two of them", () => {
  assert.ok(4 * sideIn(1000, 4) + 60 <= 1000);
  assert.ok(2 * sideIn(340, 4) + 20 <= 340);
  assert.equal(cellSize({ rows: 28, columns: 28 }, 250), 8);
  assert.equal(cellSize({ rows: 3, columns: 3 }, 250), 44);
});
