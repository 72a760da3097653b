// The pictures of the playground, as bytes: {rows, columns, pixels}. Those of files come from the server, all others are in the page.
import { bytesOf } from "../page/drawing.js";

const SIDE = 28; // px of the clothes and of drawings
const PER_ROW = 20; // clothes in a row of --samples, see explorer/page/samples.py

let sheet = null; // all sample pictures, once they are decoded
let decoding = null;

const ofFiles = new Map(); // path of a file -> its picture

// Each pixel is the mean of four, rounded up twice, as session.py does it.
export function halve(bytes, side) {
  const half = side / 2;
  const mean = (one, other) => (one + other + 1) >> 1;
  const pair = (row, column) => mean(bytes[row * side + 2 * column], bytes[row * side + 2 * column + 1]);
  return Uint8Array.from({ length: half * half }, (_, index) => {
    const [row, column] = [2 * Math.floor(index / half), index % half];
    return mean(pair(row, column), pair(row + 1, column));
  });
}

// Sample number `index` from the grey values of the sheet, which is `width` px wide.
export function cutSample(grey, width, index) {
  const [top, left] = [Math.floor(index / PER_ROW) * SIDE, (index % PER_ROW) * SIDE];
  return Uint8Array.from({ length: SIDE * SIDE }, (_, place) => grey[(top + Math.floor(place / SIDE)) * width + left + (place % SIDE)]);
}

async function decodeSheet() {
  const address = getComputedStyle(document.documentElement).getPropertyValue("--samples").trim();
  const image = new Image();
  image.src = address.replace(/^url\(["']?|["']?\)$/g, "");
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(image, 0, 0);
  const { data, width } = context.getImageData(0, 0, canvas.width, canvas.height);
  sheet = { grey: data.filter((_, place) => place % 4 === 0), width };
}

// Keeps the picture of a file that the server has read.
export function keepFile({ path, shape: [rows, columns], pixels }) {
  ofFiles.set(path, { rows, columns, pixels: bytesOf(pixels) });
}

// The picture of a state; null as long as it is not here. `come` is called when it may have come.
export function findPicture({ source, sample, upload, drawing }, tutorial, come) {
  if (source === "tutorial") return { rows: tutorial.length, columns: tutorial[0].length, pixels: tutorial.flat().map((each) => 255 * each) };
  if (source === "upload") return ofFiles.get(upload) ?? null;
  if (source === "drawing") {
    const bytes = drawing ? bytesOf(drawing) : null;
    return bytes && { rows: SIDE, columns: SIDE, pixels: halve(bytes, Math.sqrt(bytes.length)) };
  }
  if (sheet) return { rows: SIDE, columns: SIDE, pixels: cutSample(sheet.grey, sheet.width, Number(sample)) };
  decoding ??= decodeSheet();
  decoding.then(come, () => {});
  return null;
}
