// Base64, pixels under the pointer, and colours: against Buffer, hand-made boxes and the definitions of WCAG.
import assert from "node:assert/strict";
import test from "node:test";

import { colourOf, decodeValues, inkOn, shadeOf, shadesOf } from "../../explorer/page/colours.js";
import { base64Of, bytesOf, drawGrid, outline, parseColour, strokesOf } from "../../explorer/page/drawing.js";
import { cellAt, clamp, isShortcut, placeAt, sharesAt } from "../../explorer/page/pointing.js";

const DIVERGING = [[0, "#08468b"], [0.5, "#ffffff"], [1, "#a63603"]];

// A context that writes down what is drawn.
function record() {
  const calls = [];
  const note = (name) => (...values) => calls.push([name, ...values]);
  const context = { moveTo: note("moveTo"), lineTo: note("lineTo"), beginPath() {} };
  context.stroke = () => calls.push(["stroke", context.strokeStyle, context.lineWidth]);
  return { context, calls };
}

test("base64 is what Buffer says, in both directions", () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
  assert.equal(base64Of(bytes), Buffer.from(bytes).toString("base64"));
  assert.deepEqual([...bytesOf(Buffer.from(bytes).toString("base64"))], [...bytes]);
});

test("codes are values between the least and the greatest, and one is no number", () => {
  const codes = Buffer.from(new Uint16Array([0, 500, 1000, 1001]).buffer).toString("base64");
  const values = decodeValues({ codes, low: -2, high: 6 }, { steps: 1000, notFinite: 1001 });
  assert.deepEqual([...values], [-2, 2, 6, NaN]);
});

test("a scale passes through its stops, and 0 lies on its middle", () => {
  const shades = shadesOf(DIVERGING);
  const at = (value, limit) => [...shades.slice(shadeOf(value, limit, true)).slice(0, 3)];
  assert.deepEqual(at(-3, 3), [8, 70, 139]);
  assert.deepEqual(at(0, 3), [255, 255, 255]);
  assert.deepEqual(at(3, 3), [166, 54, 3]);
  assert.deepEqual(at(99, 3), at(3, 3)); // beyond its end
  const unsigned = shadesOf([[0, "#000000"], [1, "#ffffff"]]);
  assert.equal(unsigned[shadeOf(0.5, 1, false)], 128);
});

test("ink has the better contrast on every grey", () => {
  for (let grey = 0; grey < 256; grey++) {
    const channel = grey / 255;
    const luminance = channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
    const [onBlack, onWhite] = [(luminance + 0.05) / 0.05, 1.05 / (luminance + 0.05)];
    if (Math.abs(onBlack - onWhite) > 0.1) assert.equal(inkOn(grey, grey, grey), onBlack > onWhite ? "#000000" : "#ffffff");
  }
});

test("a cell of the matrix has the colour of the map", () => {
  assert.deepEqual(colourOf(DIVERGING, 0, 1), { background: "rgb(255, 255, 255)", ink: "#000000" });
  assert.deepEqual(colourOf(DIVERGING, -1, 1), { background: "rgb(8, 70, 139)", ink: "#ffffff" });
  assert.deepEqual(parseColour("#0072b2"), [0, 114, 178]);
});

test("the cell under the pointer", () => {
  const box = { left: 100, top: 10, width: 80, height: 40 };
  const at = (clientX, clientY) => cellAt(box, 4, 8, { clientX, clientY });
  assert.deepEqual(at(100, 10), { row: 0, column: 0 });
  assert.deepEqual(at(179.9, 49.9), { row: 3, column: 7 });
  assert.deepEqual(at(125, 31), { row: 2, column: 2 });
  for (const [x, y] of [[99, 20], [180, 20], [120, 9], [120, 50]]) assert.equal(at(x, y), null);
  assert.deepEqual(sharesAt(box, { clientX: 120, clientY: 20 }), [0.25, 0.25]);
  assert.deepEqual(placeAt(box, 4, 8, { clientX: 90, clientY: 55 }), [4, -1]);
});

test("numbers stay within bounds, and keys of the browser are its own", () => {
  assert.deepEqual([-1, 2, 9].map((value) => clamp(value, 0, 5)), [0, 2, 5]);
  const pressed = { altKey: false, ctrlKey: false, metaKey: false };
  assert.equal(isShortcut(pressed), false);
  for (const key of Object.keys(pressed)) assert.equal(isShortcut({ ...pressed, [key]: true }), true);
});

test("an outline is stroked twice, its white edge first and wider", () => {
  const { context, calls } = record();
  outline(context, "#d55e00", 3, () => context.moveTo(1, 2));
  assert.deepEqual(calls.map(([name]) => name), ["moveTo", "stroke", "moveTo", "stroke"]);
  const [[edge, wide], [colour, width]] = strokesOf("#d55e00", 3);
  assert.ok(edge.startsWith("rgba(255, 255, 255") && wide > width);
  assert.deepEqual([colour, width], ["#d55e00", 3]);
});

test("a grid has a line between any two neighbours, and none around", () => {
  const { context, calls } = record();
  drawGrid(context, { rows: 2, columns: 3, cell: 10, colour: "grey", width: 1 });
  assert.deepEqual(calls, [
    ["moveTo", 0, 10], ["lineTo", 30, 10], ["moveTo", 10, 0], ["lineTo", 10, 20], ["moveTo", 20, 0], ["lineTo", 20, 20],
    ["stroke", "grey", 1],
  ]);
});
