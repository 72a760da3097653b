// The matrix, the window's sum, the field's mask, folds, ways and view of the graph: against sums and places made by hand.
import assert from "node:assert/strict";
import test from "node:test";

import { numberOf, resize, shorten } from "../../explorer/convolution/editor.js";
import { seenPixels } from "../../explorer/receptive_field/field.js";
import { bringForward } from "../../explorer/receptive_field/growth.js";
import { edgesOf, placeOf, shadesOfCodes, turnRound } from "../../explorer/receptive_field/reach.js";
import { toggleGroup } from "../../explorer/shapes/graph.js";
import { lineWidth, roundPath, shortName } from "../../explorer/shapes/graph_drawing.js";
import { foldToFit, gatherVisible, labelOnce, openGroups } from "../../explorer/shapes/graph_folds.js";
import { arrange, cutIntoParts, fillColumns, gatherFrames } from "../../explorer/shapes/graph_layout.js";
import { fit, isWhole, zoom } from "../../explorer/shapes/graph_view.js";

test("a matrix keeps its centre when its size changes", () => {
  assert.deepEqual(resize([["1"]], 3, 3), [["0", "0", "0"], ["0", "1", "0"], ["0", "0", "0"]]);
  assert.deepEqual(resize([["1", "2", "3"], ["4", "5", "6"], ["7", "8", "9"]], 1, 3), [["4", "5", "6"]]);
});

test("numbers are read with Python's grammar", () => {
  const grammar = { decimal: "[+-]?[0-9]+(?:[.][0-9]*)?", limit: 10 };
  const read = (written) => numberOf(written, grammar);
  assert.deepEqual(["2", " -2.5 ", "\u22123", "1 / 4"].map(read), [2, -2.5, -3, 0.25]);
  assert.deepEqual(["", "x", "11", "1/0", "1/2/3", "2x"].map(read), [NaN, NaN, NaN, NaN, NaN, NaN]);
});

test("a long number is shortened to what fits, and never to a wrong 0", () => {
  assert.deepEqual(["0.25", "0.123456", "-0.0000123", "1/9 of it"].map((each) => shorten(each, 3)), [
    "0.25", "0.123", "-1.2e-5", "1/9 of it",
  ]);
  assert.equal(shorten("0.123456", 7), "0.12");
});

test("the field's mask holds a bit a pixel; without one the box is full", () => {
  const bits = Buffer.from([0b10010000, 0b10000000]).toString("base64");
  const seen = seenPixels(3, bits, [0, 0, 3, 3]);
  assert.deepEqual(seen.flatMap((each, index) => (each ? [index] : [])), [0, 3, 8]);
  const full = seenPixels(3, null, [1, 0, 3, 2]);
  assert.deepEqual(full.flatMap((each, index) => (each ? [index] : [])), [3, 4, 6, 7]);
});

test("a network that is brought forward changes places with the one before", () => {
  const answer = bringForward({ network: "b", layer: 2, last: 7 }, "a", 64, ["b", "c"], { vit: 224 });
  assert.deepEqual(answer, ["b", 64, { __type__: "update", maximum: 7, value: 2 }, 7, ["a", "c"]]);
  assert.equal(bringForward({ network: "vit", layer: 0, last: 1 }, "a", 64, [], { vit: 224 })[1], 224);
});

// Five nodes one after the other, the middle three in the group "g", two of them in "g.h".
const GROUPS = [[], ["g"], ["g", "g.h"], ["g", "g.h"], []];
const NODES = GROUPS.map((groups, id) => ({ id, groups, inputs: id ? [id - 1] : [], shape: `${id}`, channels: 1 }));

test("what is folded stands for all that lies in it", () => {
  const seen = (...open) => gatherVisible(NODES, new Set(open)).items.map(({ id }) => id);
  assert.deepEqual(seen(), ["n:0", "g:g", "n:4"]);
  assert.deepEqual(seen("g"), ["n:0", "n:1", "g:g.h", "n:4"]);
  assert.deepEqual(seen("g.h"), ["n:0", "g:g", "n:4"]); // inside of what is folded
  assert.deepEqual(openGroups({ nodes: [NODES[2]] }, new Set(["g"])), ["g"]);
  assert.deepEqual([...foldToFit(NODES, new Set(["g", "g.h"]))], ["g", "g.h"]);
});

test("folding a group folds what lies in it", () => {
  assert.deepEqual([...toggleGroup(new Set(["g", "g.h", "gh"]), "g")], ["gh"]);
  assert.deepEqual([...toggleGroup(new Set(["g"]), "g.h")], ["g", "g.h"]);
});

test("of the edges that leave an item with one shape the first is labelled", () => {
  const edges = [["a", "1"], ["a", "1"], ["a", "2"], ["b", "1"]].map(([from, shape]) => ({ from, shape }));
  assert.deepEqual(labelOnce(edges).map(({ unlabelled }) => unlabelled), [false, true, false, false]);
});

// A chain that dagre would place: 40 px wide, 20 high, 50 from middle to middle.
function chain(count) {
  const items = Array.from({ length: count }, (_, index) => ({
    id: index, x: 50, y: 20 + 50 * index, width: 40, height: 20, nodes: [{ groups: ["g"] }], column: 0,
  }));
  const edges = items.slice(1).map(({ id, y }) => ({ from: id - 1, to: id, points: [{ x: 50, y: y - 40 }, { x: 50, y: y - 10 }] }));
  return { items, edges };
}

test("a chain can be cut anywhere, and columns are filled in order", () => {
  const parts = cutIntoParts(chain(5));
  assert.deepEqual(parts.map(({ top, bottom }) => [top, bottom]), [10, 60, 110, 160, 210].map((top) => [top, top + 20]));
  const columns = fillColumns(parts, 70);
  assert.deepEqual(columns.map((column) => column.length), [2, 2, 1]);
});

test("a wide room gets more columns than a tall one, and nothing overlaps", () => {
  const columnsIn = (width, height) => {
    const view = chain(8);
    const { columns } = arrange(view, { width, height }, () => 0);
    const lowest = new Map();
    view.items.forEach(({ column, y }) => {
      assert.ok(y - 10 >= (lowest.get(column) ?? 0));
      lowest.set(column, y + 10);
    });
    return columns;
  };
  assert.equal(columnsIn(200, 2000), 1);
  assert.ok(columnsIn(1200, 200) > 2);
});

test("a frame holds its group, in each column that holds part of it", () => {
  const { items } = chain(4);
  items[3].column = 1;
  const frames = gatherFrames(items, new Set(["g"]));
  assert.deepEqual(frames.map(({ column }) => column), [0, 1]);
  assert.ok(frames[0].left < 30 && frames[0].right > 70 && frames[0].top < 10 && frames[0].bottom > 130);
  assert.deepEqual(gatherFrames(items, new Set()), []);
});

test("lines grow by the same px whenever the channels double", () => {
  const [one, two, sixteen, half] = [1, 2, 16, 0].map(lineWidth);
  assert.ok(Math.abs(sixteen - one - 4 * (two - one)) < 1e-12 && half === one);
});

test("a path begins and ends where it should, and turns before its corner", () => {
  const path = roundPath([{ x: 0, y: 0 }, { x: 0, y: 100 }, { x: 50, y: 100 }], 10);
  assert.equal(path, "M0.0,0.0L0.0,90.0Q0.0,100.0 10.0,100.0L50.0,100.0");
  assert.match(roundPath([{ x: 0, y: 0 }, { x: 0, y: 4 }, { x: 50, y: 4 }], 10), /L0\.0,2\.0Q/); // half of a short leg
});

test("a name says enough, a number alone does not", () => {
  assert.deepEqual(["layer1.0", "features.conv", "0"].map(shortName), ["layer1.0", "conv", "0"]);
});

test("the picture fits into its room, in its middle", () => {
  const [picture, room] = [{ width: 400, height: 100 }, { width: 200, height: 200 }];
  const view = fit(picture, room, 0, 1.3);
  assert.deepEqual(view, { x: 0, y: 75, scale: 0.5 });
  assert.equal(isWhole(view, picture, room), true);
  assert.equal(isWhole({ ...view, x: 5 }, picture, room), false);
  assert.equal(isWhole({ ...view, y: -1 }, picture, room), false);
  assert.equal(fit(picture, room, 0.6, 1.3).scale, 0.6);
  assert.equal(fit({ width: 10, height: 10 }, room, 0, 1.3).scale, 1.3);
});

test("what is under the pointer stays there while it is zoomed", () => {
  const before = { x: 30, y: -20, scale: 1.5 };
  const after = zoom(before, 1.3, 90, 40);
  const under = ({ x, y, scale }) => [(90 - x) / scale, (40 - y) / scale];
  under(before).forEach((place, axis) => assert.ok(Math.abs(place - under(after)[axis]) < 1e-9));
  assert.ok(Math.abs(after.scale - 1.95) < 1e-12);
  assert.deepEqual([zoom(before, 1e9, 0, 0).scale, zoom(before, 1e-9, 0, 0).scale], [4, 0.1]);
});

test("a typed pixel is set where both numbers are there, and a place beside the image is moved into it", () => {
  assert.deepEqual(placeOf(3, 0, 4), [[0.875, 0.125]]);
  assert.deepEqual(placeOf(null, 0, 4), [{ __type__: "update" }]);
  assert.deepEqual(turnRound("back", [-1, 2]), [-1, 2]);
  assert.deepEqual(turnRound("forward", [-1, 0.5]), [0, 0.5]);
  assert.ok(turnRound("forward", [2, 0])[0] * 512 < 512);
  assert.equal(turnRound("forward", null), null);
});

test("a patch is outlined at its place, and a tiny one so that it can be seen", () => {
  assert.deepEqual(edgesOf([2, 4, 6, 8], 10, 10, 100), [40, 20, 40, 40]);
  const [x, y, width, height] = edgesOf([0, 511, 1, 512], 512, 512, 60);
  assert.ok(width >= 7 && height >= 7 && x + width <= 60 && y >= 0);
});

test("what is not reached, what is reached and what changed look different", () => {
  const paint = shadesOfCodes([[0, "#ffffff"], [1, "#000000"]], 0.3);
  const [unreached, reached, least, most] = [0, 1, 2, 255].map((code) => String(paint(code)));
  assert.equal(new Set([unreached, reached, least, most]).size, 4);
  assert.equal(most, "0,0,0,255");
});
