// All maps of a layer on one canvas: node --test tests/scripts/*.test.js
import assert from "node:assert/strict";
import test from "node:test";

import { cellAtPlace, cornerOf, indexBeside, layOutMaps, unitOf } from "../../explorer/classifier/layer_maps.js";

const SHAPES = [[1, 10, 1], [6, 28, 28], [16, 10, 10], [64, 28, 28], [512, 4, 4], [1024, 1, 1], [3, 5, 20]];

test("maps stay in the room, and none lies on another", () => {
  for (const width of [340, 700, 1240])
    for (const [count, rows, columns] of SHAPES) {
      const layout = layOutMaps({ count, rows, columns }, width);
      assert.ok(layout.across * layout.down >= count);
      assert.ok(cornerOf(layout, layout.across - 1)[0] + layout.mapWidth + 1 <= width);
      assert.ok(Math.abs(layout.mapWidth / layout.mapHeight - columns / rows) < 1e-9);
      const seen = new Set(Array.from({ length: count }, (_, index) => cornerOf(layout, index).join()));
      assert.equal(seen.size, count);
    }
});

test("the middle of each cell of each map is found again", () => {
  for (const [count, rows, columns] of SHAPES) {
    const about = { count, rows, columns };
    const layout = layOutMaps(about, 340);
    for (const index of [0, count >> 1, count - 1])
      for (const [row, column] of [[0, 0], [rows - 1, columns - 1], [rows >> 1, columns >> 1]]) {
        const [left, top] = cornerOf(layout, index);
        const place = [left + ((column + 0.5) * layout.mapWidth) / columns, top + ((row + 0.5) * layout.mapHeight) / rows];
        assert.deepEqual(cellAtPlace(about, layout, place), { index, row, column });
      }
  }
  const about = { count: 3, rows: 4, columns: 4 };
  const layout = layOutMaps(about, 120); // two in the first row, one in the second
  assert.equal(layout.across, 2);
  assert.equal(cellAtPlace(about, layout, [layout.mapWidth + 10, layout.mapHeight + 10]), null);
  assert.equal(cellAtPlace(about, layout, [-1, 3]), null);
});

test("a cell is a unit, and of a layer without maps a number of its list", () => {
  assert.deepEqual(unitOf({ layer: 3, columns: 5, isFlat: false }, { index: 7, row: 2, column: 1 }), [3, 7, 2, 1]);
  assert.deepEqual(unitOf({ layer: 9, columns: 5, isFlat: true }, { index: 0, row: 2, column: 1 }), [9, 11, 0, 0]);
});

test("arrow keys stay among the maps", () => {
  const beside = (index, step) => indexBeside({ count: 5 }, { across: 3 }, index, step);
  assert.deepEqual([beside(0, [0, 1]), beside(0, [1, 0]), beside(3, [1, 0]), beside(0, [0, -1])], [1, 3, 3, 0]);
});
