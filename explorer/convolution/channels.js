// A layer with several channels in and several filters: products of each channel, their sum, and what the kinds of layers cost.
// Tested against PyTorch: tests/convolution/test_channels.py.
import { conv2d, linesOf, makeFilters, makeMaps, movesOf } from "./arithmetic.js";
import { bytesOf } from "../page/drawing.js";

const SIDE = 28;
export const KINDS = ["full", "pointwise", "depthwise"];

// ---- a picture with colours, and filters for it -------------------------------------------------------------

const isInDisc = (row, column) => (row - 9) ** 2 + (column - 10) ** 2 < 49;
const isInSquare = (row, column) => row > 11 && row < 23 && column > 12 && column < 24;
const isInTriangle = (row, column) => row > 13 && row < 25 && Math.abs(column - 8) < (row - 13) / 2;

// A red disc, a blue square that it shines through, and a green triangle on a grey ground: (3, 28, 28), from 0 to 1.
export function drawPicture() {
  const picture = makeMaps(3, SIDE, SIDE);
  for (let row = 0; row < SIDE; row++) {
    for (let column = 0; column < SIDE; column++) {
      const things = [isInDisc, isInTriangle, isInSquare].map((isIn) => isIn(row, column));
      const ground = things.some(Boolean) ? 0.05 : 0.2 + (0.3 * column) / SIDE;
      things.forEach((isThere, channel) => (picture.values[(channel * SIDE + row) * SIDE + column] = isThere ? 0.95 : ground));
    }
  }
  return picture;
}

const PATTERNS = [
  [0, 1, 0, 1, 2, 1, 0, 1, 0].map((value) => value / 6),
  [-1, -1, -1, 0, 0, 0, 1, 1, 1],
  [-1, 0, 1, -1, 0, 1, -1, 0, 1],
  [0, 1, 0, 1, -4, 1, 0, 1, 0],
];
const MIXTURES = [[1 / 3, 1 / 3, 1 / 3], [1, 0, 0], [1, -1, 0], [-0.5, -0.5, 1]];

// Filters for the picture as {filters, bias, moves}: each of four patterns with each of four mixtures of colours; 1x1 filters only mix;
// a depthwise layer has one pattern for each colour and mixes nothing.
export function makeLayer(kind) {
  const all = MIXTURES.flatMap((mixture) => PATTERNS.map((pattern) => [mixture, pattern]));
  const biasOf = (count) => Array.from({ length: count }, (_, index) => (index % 3) / 10 - 0.1);
  if (kind === "depthwise") {
    return { filters: makeFilters(3, 1, 3, 3, Float64Array.from(PATTERNS.slice(1).flat())), bias: biasOf(3), moves: movesOf({ padding: [1, 1, 1, 1], groups: 3 }) };
  }
  const [size, values] = kind === "full" ? [3, all.flatMap(([mixture, pattern]) => mixture.flatMap((share) => pattern.map((value) => share * value)))] : [1, MIXTURES.flat()];
  const count = values.length / (3 * size * size);
  const around = (size - 1) / 2;
  return { filters: makeFilters(count, 3, size, size, Float64Array.from(values)), bias: biasOf(count), moves: movesOf({ padding: Array(4).fill(around) }) };
}

// ---- one filter ---------------------------------------------------------------------------------------------

export const channelOf = (maps, channel) => makeMaps(1, maps.rows, maps.columns, Float64Array.from(linesOf(maps, channel).flat()));

// The numbers of a filter for one of its channels.
function sliceOf(filters, filter, channel) {
  const size = filters.rows * filters.columns;
  const start = (filter * filters.channels + channel) * size;
  return makeFilters(1, 1, filters.rows, filters.columns, filters.values.slice(start, start + size));
}

// What a filter makes of each channel that it sees, before anything is added: [{channel, slice, map}].
export function productsOf(maps, { filters, moves }, filter) {
  const first = Math.floor(filter / (filters.filters / moves.groups)) * filters.channels;
  return Array.from({ length: filters.channels }, (_, index) => {
    const slice = sliceOf(filters, filter, index);
    return { channel: first + index, slice, map: conv2d(channelOf(maps, first + index), slice, null, { ...moves, groups: 1 }) };
  });
}

export const run = (maps, { filters, bias, moves }) => conv2d(maps, filters, bias, moves);

// Those of the products that matter most, at most so many, in their own order.
export function strongest(products, most) {
  const size = ({ map }) => map.values.reduce((sum, value) => sum + Math.abs(value), 0);
  const order = products.map((each) => [size(each), each]).sort(([one], [other]) => other - one);
  return order.slice(0, most).map(([, each]) => each).sort((one, other) => one.channel - other.channel);
}

// ---- a layer that the server sent ---------------------------------------------------------------------------

const numbersOf = (base64) => Float64Array.from(new Float32Array(bytesOf(base64).buffer));

// {maps, layer} from what channels_tab.py sends.
export function readLayer({ shape, maps, size, weights, bias, stride, padding }) {
  const filters = makeFilters(...size, numbersOf(weights));
  const moves = movesOf({ stride: [stride, stride], padding: Array(4).fill(padding) });
  return { maps: makeMaps(...shape, numbersOf(maps)), layer: { filters, bias: [...numbersOf(bias)], moves } };
}

// ---- what layers cost ---------------------------------------------------------------------------------------

export const LAYERS = ["full", "grouped", "depthwise", "separable", "pointwise", "linear"];

// {weights, biases, multAdds} of a layer between maps of one size, `side` px; null where the channels cannot be grouped so.
export function countLayer(kind, { channels, filters, kernel, side, groups }) {
  const [area, places] = [kernel * kernel, side * side];
  const conv = (weights, biases) => ({ weights, biases, multAdds: weights * places });
  if (kind === "full") return conv(filters * channels * area, filters);
  if (kind === "pointwise") return conv(filters * channels, filters);
  if (kind === "depthwise") return conv(channels * area, channels);
  if (kind === "separable") return conv(channels * area + channels * filters, channels + filters);
  if (kind === "linear") return { weights: channels * filters * places * places, biases: filters * places, multAdds: channels * filters * places * places };
  return channels % groups || filters % groups ? null : conv((filters * channels * area) / groups, filters);
}
