// The clothes as numbers, for the sections that compute in the page, which already has them as one picture (samples.py).
import { makeMaps } from "./arithmetic.js";

const SIDE = 28;
let sheet = null; // {data, width}, grey values of all clothes

async function readSheet() {
  const address = getComputedStyle(document.documentElement).getPropertyValue("--samples").trim().slice(4, -1).replaceAll('"', "");
  const picture = new Image();
  picture.src = address;
  await picture.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [picture.width, picture.height];
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(picture, 0, 0);
  return { data: context.getImageData(0, 0, canvas.width, canvas.height).data, width: canvas.width };
}

// The clothes at a place of the sheet, from its pixels of four numbers each: a map on the scale from 0 to 1.
export function cutOut({ data, width }, label, number) {
  const values = Float64Array.from({ length: SIDE * SIDE }, (_, index) => {
    const [row, column] = [label * SIDE + Math.floor(index / SIDE), number * SIDE + (index % SIDE)];
    return data[4 * (row * width + column)] / 255;
  });
  return makeMaps(1, SIDE, SIDE, values);
}

// One of the clothes: which of a class, of the ten classes.
export async function readClothes(label, number) {
  sheet ??= await readSheet();
  return cutOut(sheet, label, number);
}
