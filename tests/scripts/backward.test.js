// The sums that the backward pass writes out: node --test tests/scripts/*.test.js
import assert from "node:assert/strict";
import test from "node:test";

import { filterOf, mapOf } from "../../explorer/convolution/arithmetic.js";
import { runForward, termsOfPixel, termsOfWeight } from "../../explorer/convolution/backward.js";
import { boxesOf, writeTerms } from "../../explorer/convolution/backward_view.js";
import { makeLayer, strongest } from "../../explorer/convolution/channels.js";

const words = { more: "and {count} more" };

test("a sum of products is written out, and its zeros are left away", () => {
  const terms = [[1, -2], [0, 5], [-0.5, 4]].map(([slope, factor]) => ({ slope, factor }));
  assert.equal(writeTerms(terms, words), "1·(−2) + (−0.5)·4 = −4");
  assert.equal(writeTerms([{ slope: 0, factor: 3 }], words), "0 = 0");
  const many = Array.from({ length: 11 }, () => ({ slope: 1, factor: 1 }));
  assert.ok(writeTerms(many, words).endsWith("1·1 + and 3 more = 11"));
});

test("the products of a weight and of a pixel are those of the windows that hold them", () => {
  const picture = mapOf([[1, 2, 3], [4, 5, 6], [7, 8, 9]]);
  const forward = runForward({ picture, kernel: filterOf([[1, 10]]), moves: { stride: [2, 1] } });
  const gradient = mapOf([[1, 2], [3, 4]]);
  const pixels = termsOfWeight(forward, gradient, [0, 1]).map(({ pixel, factor }) => [...pixel, factor]);
  assert.deepEqual(pixels, [[0, 1, 2], [0, 2, 3], [2, 1, 8], [2, 2, 9]]);
  assert.deepEqual(termsOfPixel(forward, gradient, [1, 1]), []); // the stride leaves its row out
  assert.deepEqual(termsOfPixel(forward, gradient, [0, 1]).map(({ slope, factor }) => [slope, factor]), [[2, 1], [1, 10]]);
});

test("a few cells are outlined each, many as one", () => {
  assert.deepEqual(boxesOf([[1, 2]], "red"), [[1, 2, 2, 3, "red", 2]]);
  const many = Array.from({ length: 144 }, (_, index) => [Math.floor(index / 12), index % 12]);
  assert.deepEqual(boxesOf(many, "red"), [[0, 0, 12, 12, "red", 3]]);
  assert.deepEqual(boxesOf([], "red"), []);
});

test("of many channels those are shown that matter most, in their order", () => {
  const products = [1, -5, 0, 3].map((value, channel) => ({ channel, map: mapOf([[value]]) }));
  assert.deepEqual(strongest(products, 2).map(({ channel }) => channel), [1, 3]);
  assert.equal(makeLayer("full").filters.values.length + makeLayer("full").bias.length, 448);
});
