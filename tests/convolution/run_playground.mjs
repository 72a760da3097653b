// Runs the state of the playground on the cases that come in as JSON, for tests/convolution/test_playground.py.
import { readFileSync } from "node:fs";
import { cutSample, halve } from "../../explorer/convolution/pictures.js";
import { computeState, drawFormula, keepSize, movesOfState, pictureOf, problemOf, shareOf } from "../../explorer/convolution/playground.js";
import { writeCode } from "../../explorer/convolution/take.js";
import { termsOf } from "../../explorer/convolution/window.js";

const bytesOf = (text) => Uint8Array.from(Buffer.from(text, "base64"));
const imageOf = ({ shape: [rows, columns], pixels }) => ({ rows, columns, pixels: bytesOf(pixels) });
const plain = (maps) => maps && { shape: [maps.rows, maps.columns], values: [...maps.values] };

const RUNS = {
  problem({ state, picture }, known) {
    return { problem: problemOf(state, picture && pictureOf(imageOf(picture)), known) };
  },
  state({ state, picture, cell, weight }, known) {
    const image = imageOf(picture);
    const numbers = pictureOf(image);
    const problem = problemOf(state, numbers, known);
    if (problem) return { problem };
    const computed = computeState(state, numbers, known);
    const terms = termsOf(computed, cell);
    const { share, met } = shareOf(computed, weight);
    return {
      problem, result: plain(computed.result), back: plain(computed.back), padded: plain(computed.padded), dropped: computed.dropped,
      sum: terms.reduce((total, { pixel, weight: each }) => total + pixel * each, 0), share: plain(share), met: [...met],
      code: writeCode(state, computed, image, { folder: "folder", flipped: "flipped" }), formula: drawFormula(computed),
    };
  },
  same({ state }, known) {
    return { moves: movesOfState({ ...state, ...keepSize(state, known) }), ...keepSize(state, known) };
  },
  halve: ({ pixels, side }) => [...halve(bytesOf(pixels), side)],
  sample: ({ grey, width, index }) => [...cutSample(bytesOf(grey), width, index)],
};

const { known, cases } = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(cases.map(({ kind, ...values }) => RUNS[kind](values, known))));
