// The playground: the window, the player, the sides, answers that are about another state, the controls: against values made by hand.
// (Numbers, problems and code are compared with PyTorch and with the server by tests/convolution/test_playground.py.)
import assert from "node:assert/strict";
import test from "node:test";

import { MODES, countProducts, linesOf, makeFilters, makeMaps, mapOf, outputSize, sourceOf } from "../../explorer/convolution/arithmetic.js";
import { readCell } from "../../explorer/convolution/editor.js";
import { PARTS, cellAt, partsOf, timeOf } from "../../explorer/convolution/player.js";
import * as playground from "../../explorer/convolution/playground.js";
import { nearestWindow, termsOf, writeTerms } from "../../explorer/convolution/window.js";
import { valueOf } from "../../explorer/page/controls.js";

const STATE = {
  source: "tutorial", sample: 3, upload: null, drawing: null, kernel: "own", cells: [["1", "2"], ["3", "4"]],
  stride: 1, padding: 0, dilation: 1, flip: false, mode: "zeros", sides: [], transposed: false,
};
const GRAMMAR = { decimal: "[+-]?[0-9]+(?:[.][0-9]*)?", limit: 10 };

test("the terms of a window are those of the convolution", () => {
  const padded = makeMaps(1, 3, 3, Float64Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9));
  const kernel = makeFilters(1, 1, 2, 2, Float64Array.of(1, 0, 0, -1));
  const terms = termsOf({ padded, kernel, moves: { stride: [1, 1], dilation: [2, 1] } }, [0, 1]);
  assert.deepEqual(terms.map(({ top, left }) => [top, left]), [[0, 1], [0, 2], [2, 1], [2, 2]]);
  assert.equal(writeTerms(terms, ""), "2·1 + 3·0 + 8·0 + 9·(−1)");
  const many = Array.from({ length: 25 }, () => ({ pixel: 1, weight: 1 }));
  assert.ok(writeTerms(many, "{count} more").endsWith("1·1 + 16 more"));
});

test("the window nearest to the pointer is that whose middle it is on, on either side", () => {
  const kernel = { rows: 3, columns: 1 };
  for (const [stride, dilation] of [[[1, 2], [1, 1]], [[2, 1], [3, 2]]]) {
    for (const row of [0, 3]) {
      const middle = [row * stride[0] + dilation[0], row * stride[1]]; // of a 3 x 1 window
      assert.deepEqual(nearestWindow(middle, { kernel, moves: { stride, dilation } }), [row, row]);
    }
  }
});

test("time goes in reading order, and a slow turn of the loop has three parts", () => {
  const cells = Array.from({ length: 6 }, (_, time) => cellAt(time, 3));
  assert.deepEqual(cells, [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2]]);
  assert.deepEqual(cells.map((cell) => timeOf(cell, 3)), [0, 1, 2, 3, 4, 5]);
  assert.deepEqual(partsOf(1).map(({ part }) => part), PARTS);
  for (const speed of [1, 4, 15, 60]) {
    const whole = partsOf(speed).reduce((sum, { pause }) => sum + pause, 0);
    assert.ok(Math.abs(whole - 1000 / speed) < 1e-9);
  }
});

test("a single side is set apart, and no longer when it is like the others again", () => {
  const [apart] = playground.sidesWith(STATE, "padding", 3, 2);
  assert.deepEqual(apart, ["padding", 0, 0, 0, 2]);
  const state = { ...STATE, sides: [apart, ["stride", 2, 1]] };
  assert.deepEqual(playground.movesOfState(state).padding, [0, 0, 0, 2]);
  assert.deepEqual(playground.movesOfState(state).stride, [2, 1]);
  assert.deepEqual(playground.sidesWith(state, "padding", 3, 0), [["stride", 2, 1]]);
  assert.deepEqual(playground.sidesWithout(state.sides, "stride"), [apart]);
});

test("an answer counts only for the state that it is about", () => {
  const of = playground.echoOf(STATE);
  assert.equal(of.sample, null); // it is not on screen
  assert.ok(playground.isSame(of, playground.echoOf({ ...STATE, sample: 7 })));
  for (const change of [{ stride: 2 }, { cells: [["1"]] }, { sides: [["stride", 1, 2]] }, { source: "sample" }, { transposed: true }]) {
    assert.ok(!playground.isSame(of, playground.echoOf({ ...STATE, ...change })), JSON.stringify(change));
  }
});

test("the greatest of all differences is told, as Python writes it", () => {
  const computed = { result: makeMaps(1, 1, 2, Float64Array.of(1, 2)), back: makeMaps(1, 1, 1, Float64Array.of(5)) };
  const answer = { result: [1, 2.25], back: [5.5], difference: 0.125 };
  assert.equal(playground.differenceTo(computed, answer), 0.5);
  assert.equal(playground.differenceTo({ ...computed, back: null }, answer), 0.25);
  assert.equal(playground.writeDifference(0.00000031), "3.1e-07");
  const kernel = { values: Float64Array.of(-3, 1) };
  assert.deepEqual([3e-5, 1e-2].map((each) => playground.isRounding(each, { kernel, back: null })), [true, false]);
});

test("the pixels that floor drops are counted and marked, and so are those that a weight meets", () => {
  const known = { ...GRAMMAR, words: { size: "", sizePadded: "", share: "", sum: "" }, roles: { input: "#000", kernel: "#f00" }, kernelCell: 24, mostNumbered: 12 };
  const picture = playground.pictureOf({ rows: 6, columns: 6, pixels: new Uint8Array(36).fill(255) });
  const computed = playground.computeState({ ...STATE, stride: 3 }, picture, known); // windows at 0 and 3
  assert.equal(playground.countDropped(computed), 36 - 25);
  const { marked } = playground.mapsOf(computed, new Float64Array(4), playground.shareOf(computed, [1, 0]), known)[0];
  const places = (mark) => [...marked].flatMap((each, index) => (each === mark ? [index] : []));
  assert.deepEqual(places(1), [6, 9, 24, 27]);
  assert.deepEqual(places(2), [5, 11, 17, 23, 29, 30, 31, 32, 33, 34, 35]);
});

test("sides that differ are named, sides that do not are one number", () => {
  const known = { sides: { padding: ["top", "bottom", "left", "right"], stride: ["down", "right"] }, listJoiner: ", " };
  assert.equal(playground.describeSides("padding", [1, 1, 1, 1], known), "1");
  assert.equal(playground.describeSides("padding", [0, 1, 0, 2], known), "top 0, bottom 1, left 0, right 2");
  assert.equal(playground.describeSides("stride", [2, 1], known), "down 2, right 1");
});

test("the strongest cell is the first of them, and a bright result is a picture", () => {
  assert.deepEqual(playground.strongestCell({ values: Float64Array.of(0, -3, 3, 1), columns: 2 }), [0, 1]);
  const of = (kernel) => playground.isBright({ picture: { values: Float64Array.of(0, 1) }, kernel: { values: Float64Array.of(kernel) } });
  assert.deepEqual([of(1), of(-1)], [true, false]);
});

test("a cell is read with its problem", () => {
  assert.deepEqual(readCell("\u22122", GRAMMAR), { number: -2 });
  const problems = ["", "x", "1/0", "inf", "11"].map((written) => readCell(written, GRAMMAR).problem);
  assert.deepEqual(problems, ["cellEmpty", "cellNotANumber", "cellNotANumber", "cellTooLarge", "cellTooLarge"]);
});

test("a native control tells its value as Gradio will", () => {
  assert.equal(valueOf({ type: "range", value: "3" }), 3);
  assert.equal(valueOf({ type: "number", value: "" }), null);
  assert.equal(valueOf({ type: "radio", value: "sample" }), "sample");
  assert.equal(valueOf({ type: "checkbox", value: "on", checked: true }), true);
});

test("sizes, products and what stands beyond the border, by hand", () => {
  assert.equal(outputSize(28, 3, { stride: 2, before: 1 }), 14);
  const maps = mapOf([[1, 2, 3], [4, 5, 6]]);
  assert.deepEqual(linesOf(maps), [[1, 2, 3], [4, 5, 6]]);
  assert.equal(countProducts(maps, makeFilters(1, 1, 2, 2)), 4 * 2);
  assert.deepEqual(MODES.map((mode) => [-2, -1, 3].map((place) => sourceOf(place, 3, mode))), [
    [-1, -1, -1], [2, 1, 1], [0, 0, 2], [1, 2, 0],
  ]);
});
