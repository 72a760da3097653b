// The film of a training: node --test tests/scripts/*.test.js
import assert from "node:assert/strict";
import test from "node:test";

import { next, startOf } from "../../explorer/classifier/film.js";

test("a film plays to its end, and from its end it begins again", () => {
  const places = [startOf(2, 3)];
  for (let place = places[0]; (place = next(place, 3)) !== null; ) places.push(place);
  assert.deepEqual(places, [0, 1, 2]);
  assert.equal(startOf(1, 3), 1);
});
