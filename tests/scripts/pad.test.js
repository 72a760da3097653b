import assert from "node:assert/strict";
import test from "node:test";

import { angleOf, cover, shift, STILL, turn, written } from "../../explorer/classifier/pad.js";

test("a shift stays within one picture", () => {
  assert.deepEqual(shift(STILL, [2, -3]), { ...STILL, down: 2, right: -3 });
  assert.equal(shift({ ...STILL, right: 26 }, [0, 9]).right, 27);
});

test("a turn goes round", () => {
  assert.equal(turn(STILL, 5).degrees, 5);
  assert.equal(turn({ ...STILL, degrees: 178 }, 5).degrees, -177);
  assert.equal(turn({ ...STILL, degrees: -178 }, -5).degrees, 177);
});

test("a brush covers nine cells, and fewer at the border", () => {
  assert.equal(cover(STILL, [5, 5]).covered.length, 9);
  assert.deepEqual(cover(STILL, [0, 0]).covered, [0, 1, 28, 29]);
  assert.equal(cover(cover(STILL, [5, 5]), [5, 6]).covered.length, 12);
});

test("covered pixels are written as a bit each", () => {
  assert.equal(written(STILL).covered, "");
  const bytes = Buffer.from(written({ ...STILL, covered: [0, 9, 783] }).covered, "base64");
  assert.equal(bytes.length, 98);
  assert.deepEqual([bytes[0], bytes[1], bytes[97]], [128, 64, 1]);
});

test("two fingers that turn clockwise turn the picture clockwise", () => {
  const left = { clientX: 0, clientY: 0 };
  const angles = [[10, 0], [10, 10], [0, 10], [-10, 0]].map(([clientX, clientY]) => angleOf([left, { clientX, clientY }]));
  assert.deepEqual(angles.map(Math.round), [0, 45, 90, 180]); // downwards is further down on the screen
  assert.equal(turn({ degrees: 0 }, -179 - 179).degrees, 2); // across the end of the scale
});
