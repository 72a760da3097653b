// What the sections tell when a figure is wanted: node --test tests/scripts/*.test.js
import assert from "node:assert/strict";
import test from "node:test";

import { keepCell, keepSection, packBoard, packCurve, withSections } from "../../explorer/convolution/keep.js";
import { nameSetting } from "../../explorer/convolution/learn.js";

const decode = (base64) => [...new Float32Array(Uint8Array.from(Buffer.from(base64, "base64")).buffer)];

test("a map is told as it is drawn: its own scale and limit, or those that drawing falls back on", () => {
  const bare = { title: "K", rows: 1, columns: 3, values: Float64Array.of(0.1, -2, 1), hover() {} };
  const grey = { ...bare, caption: "1 × 3", scale: "grey", limit: 1, numbers: false, boxes: [[0, 1, 1, 2, "#d55e00", 3]] };
  const { label, maps } = packBoard({ label: "Maps", maps: [bare, { ...bare, blank: true }, grey, { ...bare, colours: [] }] });
  assert.deepEqual([label, maps.length], ["Maps", 2]);
  const [first, second] = maps.map(({ values, ...rest }) => ({ ...rest, values: decode(values) }));
  const values = [Math.fround(0.1), -2, 1];
  assert.deepEqual(first, { title: "K", caption: "", rows: 1, columns: 3, values, scale: "signed", limit: 2, numbers: true, boxes: [] });
  const drawn = { caption: "1 × 3", scale: "grey", limit: 1, numbers: false, boxes: [[0, 1, 1, 2, "#d55e00"]] };
  assert.deepEqual(second, { ...first, ...drawn });
  assert.equal(packBoard({ label: "", maps: [{ ...bare, values: [0, 0, 0] }] }).maps[0].limit, 1);
});

test("losses are told up to the first that is none", () => {
  const { losses, ...levels } = packCurve([0.5, 0.25, 1e39, 3], { least: 0, by_hand: null });
  assert.deepEqual(decode(losses), [0.5, 0.25]);
  assert.deepEqual(levels, { least: 0, by_hand: null });
});

test("only sections that are open and show something are told, in the place of the last value", () => {
  const tell = () => withSections("figure", 3, null).at(-1);
  assert.deepEqual(withSections("figure", 3, null), ["figure", 3, { cell: null, sections: {} }]);
  const host = { isConnected: true, clientWidth: 300 };
  keepCell(() => [1, 2]);
  keepSection("learn", host, () => ({ said: ["so"] }));
  keepSection("shifts", { isConnected: true, clientWidth: 300 }, () => null);
  assert.deepEqual(tell(), { cell: [1, 2], sections: { learn: { said: ["so"] } } });
  host.clientWidth = 0; // folded
  assert.deepEqual(tell().sections, {});
});

test("a figure names the secret only when the reader has seen it", () => {
  const words = { target: "Target", target_secret: "A secret", names: { sobel_x: "Sobel" }, classes: ["Shirt"], picture: "Picture", start: "Start", start_zeros: "Zeros", start_random: "Seed {seed}" };
  const setting = { picture: "0", target: "secret", size: 3, seed: 0, rate: 0.2, momentum: 0.9 };
  const of = (changes, secret) => Object.fromEntries(nameSetting({ ...setting, ...changes }, words, secret));
  assert.equal(of({}, "").Target, "A secret");
  assert.equal(of({}, "Sobel").Target, "A secret, Sobel");
  assert.equal(of({ target: "sobel_x" }, "").Target, "Sobel");
  assert.deepEqual([of({}, "").Picture, of({ picture: "screen" }, "").Picture], ["Shirt", undefined]);
  assert.deepEqual([of({}, "").Start, of({ seed: 2 }, "").Start], ["Zeros", "Seed 2"]);
});
