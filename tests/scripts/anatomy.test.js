import assert from "node:assert/strict";
import test from "node:test";

import { wayOf, wayTo } from "../../explorer/classifier/anatomy.js";

const HERE = { model: "lenet5", trail: [[11, 6, 0, 0], [7, 5, 0, 0]] };

test("a button leads back, on, to a window or down", () => {
  assert.deepEqual(wayOf({ back: "0" }, HERE).trail, [[11, 6, 0, 0]]);
  assert.deepEqual(wayOf({ follow: "[5,1,2,3]" }, HERE).trail, [...HERE.trail, [5, 1, 2, 3]]);
  assert.deepEqual(wayOf({ pick: "[5,1,2,3]" }, HERE), { ...HERE, picked: [5, 1, 2, 3] });
  assert.deepEqual(wayOf({ down: "true" }, HERE), { ...HERE, down: true });
  assert.equal(wayOf({}, HERE), null);
});

test("a cell of the map takes the place of the number, one of a window is picked", () => {
  const cell = { row: 2, column: 3 };
  const before = { model: "lenet5", trail: [[11, 6, 0, 0]] };
  assert.deepEqual(wayTo({ ...before, corner: [3, 4, 0, 0], fold: 0 }, cell).trail, [[11, 6, 0, 0], [3, 4, 2, 3]]);
  assert.deepEqual(wayTo({ ...before, corner: [7, 0, 0, 0], fold: 12 }, cell).trail.at(-1), [7, 27, 0, 0]);
  const window = wayTo({ ...before, corner: [2, 1, 5, 6], picks: true }, cell);
  assert.deepEqual(window, { ...before, picked: [2, 1, 7, 9] });
});
