// What the sections of the tab show now, for whoever saves it as a figure: the very numbers and words on the screen. See told.py.
import { greatest, isInView } from "./board.js";
import { base64Of } from "../page/drawing.js";

const sections = new Map(); // name -> {host, describe}
let findCell = () => null;

// A section tells what it shows: `describe` returns {screen, setting: [[name, words]], said: [words], rows, table, curve}, or null for
// nothing; `screen` is whether it takes the picture of the stage.
export function keepSection(name, host, describe) {
  sections.set(name, { host, describe });
}

// The stage tells which cell of the result a reader has chosen, [row, column], or null.
export function keepCell(find) {
  findCell = find;
}

// Base64 of float32, whose seven digits are more than anything on the screen shows.
const encode = (values) => base64Of(new Uint8Array(Float32Array.from(values).buffer));

// A map as `Board.draw` takes it. What it is drawn with unless it says so, it says here.
function packMap({ title, caption, rows, columns, values, scale, limit, numbers, boxes = [] }) {
  const drawn = { scale: scale ?? "signed", limit: limit || greatest(values) || 1, numbers: numbers !== false };
  return { title, caption: caption ?? "", rows, columns, values: encode(values), ...drawn, boxes: boxes.map((box) => box.slice(0, 5)) };
}

// The maps of a board, without those that only keep a place, and without pictures in colours, whose channels stand beside them.
export const packBoard = ({ label, maps }) => ({ label, maps: maps.filter(({ blank, colours }) => !blank && !colours).map(packMap) });

// Losses up to the first that float32 does not hold, and the levels that are drawn with them, null for those that are not.
export function packCurve(losses, levels) {
  const known = Float32Array.from(losses);
  const end = known.findIndex((loss) => !Number.isFinite(loss));
  return { losses: encode(end < 0 ? known : known.subarray(0, end)), ...levels };
}

export function tellSections() {
  const told = [...sections].flatMap(([name, { host, describe }]) => {
    const shown = isInView(host) ? describe() : null;
    return shown ? [[name, shown]] : [];
  });
  return { cell: findCell(), sections: Object.fromEntries(told) };
}

// In the place of the last value that an event sends.
export const withSections = (...values) => [...values.slice(0, -1), tellSections()];
