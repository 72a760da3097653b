// Convolution, its backward pass, pooling and shifts, in the page: the same numbers as PyTorch's (tests/convolution/test_arithmetic.py).
//
// A stack of maps is {channels, rows, columns, values}, filters are {filters, channels, rows, columns, values}: `values` in the
// order of PyTorch's (C, H, W) and (O, C / groups, kH, kW). How the filters move is
// {stride: [down, right], padding: [top, bottom, left, right], dilation: [down, right], groups, mode}.
export const MODES = ["zeros", "reflect", "replicate", "circular"];

const PLAIN = { stride: [1, 1], padding: [0, 0, 0, 0], dilation: [1, 1], groups: 1, mode: "zeros" };

export const movesOf = (moves) => ({ ...PLAIN, ...moves });

// ---- making and reading -------------------------------------------------------------------------------------

export function makeMaps(channels, rows, columns, values = new Float64Array(channels * rows * columns)) {
  return { channels, rows, columns, values };
}

export function makeFilters(filters, channels, rows, columns, values = new Float64Array(filters * channels * rows * columns)) {
  return { filters, channels, rows, columns, values };
}

// One map of rows of numbers.
export const mapOf = (lines) => makeMaps(1, lines.length, lines[0].length, Float64Array.from(lines.flat()));

// One filter of one channel.
export const filterOf = (lines) => makeFilters(1, 1, lines.length, lines[0].length, Float64Array.from(lines.flat()));

// The rows of one map.
export function linesOf({ rows, columns, values }, channel = 0) {
  const at = (row) => (channel * rows + row) * columns;
  return Array.from({ length: rows }, (_, row) => [...values.subarray(at(row), at(row) + columns)]);
}

// ---- sizes --------------------------------------------------------------------------------------------------

// How far a kernel reaches along one side.
export const reachOf = (kernel, dilation) => dilation * (kernel - 1) + 1;

// Windows along one side; below 1 where the kernel does not fit.
export function outputSize(size, kernel, { stride = 1, before = 0, after = before, dilation = 1 } = {}) {
  return Math.floor((size + before + after - reachOf(kernel, dilation)) / stride) + 1;
}

// Windows down and across.
export function outputSizes(maps, filters, moves) {
  const { stride, padding, dilation } = movesOf(moves);
  const along = (size, kernel, side) =>
    outputSize(size, kernel, { stride: stride[side], before: padding[2 * side], after: padding[2 * side + 1], dilation: dilation[side] });
  return [along(maps.rows, filters.rows, 0), along(maps.columns, filters.columns, 1)];
}

// Rows and columns of the padded input that no window reaches, because the last step would lead past the end.
export function droppedBy(maps, filters, moves) {
  const { stride, padding, dilation } = movesOf(moves);
  const along = (size, kernel, side) =>
    (size + padding[2 * side] + padding[2 * side + 1] - reachOf(kernel, dilation[side])) % stride[side];
  return [along(maps.rows, filters.rows, 0), along(maps.columns, filters.columns, 1)];
}

// The padding that keeps the size at a stride of 1, [top, bottom, left, right]: PyTorch's padding="same" puts what is odd at the end.
export function samePadding(filters, dilation = [1, 1]) {
  const along = (kernel, spread) => [Math.floor((spread * (kernel - 1)) / 2), Math.ceil((spread * (kernel - 1)) / 2)];
  return [...along(filters.rows, dilation[0]), ...along(filters.columns, dilation[1])];
}

// Which padding a mode allows on one side of so many pixels: PyTorch refuses more.
export const mostPadding = (mode, size) => ({ reflect: size - 1, circular: size })[mode] ?? Infinity;

// ---- padding ------------------------------------------------------------------------------------------------

// The pixel that stands at a place beyond the border, -1 where that is a zero.
export function sourceOf(place, size, mode) {
  if (place >= 0 && place < size) return place;
  if (mode === "replicate") return place < 0 ? 0 : size - 1;
  if (mode === "reflect") return place < 0 ? -place : 2 * (size - 1) - place;
  if (mode === "circular") return (place + size) % size;
  return -1;
}

// Where each cell of a padded map comes from: an index into the map, or -1.
function sourcesOf({ rows, columns }, { padding: [top, bottom, left, right], mode }) {
  const [height, width] = [rows + top + bottom, columns + left + right];
  const sources = new Int32Array(height * width);
  for (let row = 0; row < height; row++) {
    const from = sourceOf(row - top, rows, mode);
    for (let column = 0; column < width; column++) {
      const beside = sourceOf(column - left, columns, mode);
      sources[row * width + column] = from < 0 || beside < 0 ? -1 : from * columns + beside;
    }
  }
  return { sources, height, width };
}

export function pad(maps, moves) {
  const { sources, height, width } = sourcesOf(maps, movesOf(moves));
  const padded = makeMaps(maps.channels, height, width);
  const size = maps.rows * maps.columns;
  for (let channel = 0; channel < maps.channels; channel++) {
    sources.forEach((source, index) => {
      if (source >= 0) padded.values[channel * sources.length + index] = maps.values[channel * size + source];
    });
  }
  return padded;
}

// The other way: what came to a padded map goes back to the pixels that stand in it.
function unpad(padded, maps, moves) {
  const { sources } = sourcesOf(maps, movesOf(moves));
  const inside = makeMaps(maps.channels, maps.rows, maps.columns);
  const size = maps.rows * maps.columns;
  for (let channel = 0; channel < maps.channels; channel++) {
    sources.forEach((source, index) => {
      if (source >= 0) inside.values[channel * size + source] += padded.values[channel * sources.length + index];
    });
  }
  return inside;
}

// ---- convolution --------------------------------------------------------------------------------------------

// Calls visit(output, input, weight) with the indices of every product: output += padded input * weight.
function visitProducts(padded, filters, result, { stride, dilation, groups }, visit) {
  const perGroup = filters.filters / groups;
  for (let filter = 0; filter < filters.filters; filter++) {
    const first = Math.floor(filter / perGroup) * filters.channels;
    for (let row = 0; row < result.rows; row++) {
      for (let column = 0; column < result.columns; column++) {
        const output = (filter * result.rows + row) * result.columns + column;
        let weight = filter * filters.channels * filters.rows * filters.columns;
        for (let channel = first; channel < first + filters.channels; channel++) {
          for (let down = 0; down < filters.rows; down++) {
            const line = (channel * padded.rows + row * stride[0] + down * dilation[0]) * padded.columns + column * stride[1];
            for (let right = 0; right < filters.columns; right++) visit(output, line + right * dilation[1], weight++);
          }
        }
      }
    }
  }
}

// As torch.nn.Conv2d: the filters are not flipped.
export function conv2d(maps, filters, bias = null, moves = {}) {
  const all = movesOf(moves);
  const padded = pad(maps, all);
  const result = makeMaps(filters.filters, ...outputSizes(maps, filters, all));
  const size = result.rows * result.columns;
  if (bias) result.values.forEach((_, index) => (result.values[index] = bias[Math.floor(index / size)]));
  visitProducts(padded, filters, result, all, (output, input, weight) => {
    result.values[output] += padded.values[input] * filters.values[weight];
  });
  return result;
}

// The gradients {input, filters, bias} of a loss whose gradient with respect to the result is `gradient`: each product hands it to both
// of its factors.
export function conv2dBackward(maps, filters, gradient, moves = {}) {
  const all = movesOf(moves);
  const padded = pad(maps, all);
  const ofPadded = makeMaps(padded.channels, padded.rows, padded.columns);
  const ofFilters = { ...filters, values: new Float64Array(filters.values.length) };
  visitProducts(padded, filters, gradient, all, (output, input, weight) => {
    ofPadded.values[input] += gradient.values[output] * filters.values[weight];
    ofFilters.values[weight] += gradient.values[output] * padded.values[input];
  });
  const bias = Array.from({ length: filters.filters }, (_, filter) => linesOf(gradient, filter).flat().reduce((sum, each) => sum + each, 0));
  return { input: unpad(ofPadded, maps, all), filters: ofFilters, bias };
}

// As torch.nn.ConvTranspose2d: the gradient of a convolution with respect to its input. Filters are (in, out / groups, kH, kW),
// `padding` is what the convolution had, with zeros, and `extra` rows and columns are added at the end (output_padding).
export function convTranspose2d(maps, filters, bias = null, moves = {}, extra = [0, 0]) {
  const all = movesOf(moves);
  const { stride, padding, dilation, groups } = all;
  const along = (size, kernel, side) =>
    (size - 1) * stride[side] - padding[2 * side] - padding[2 * side + 1] + reachOf(kernel, dilation[side]) + extra[side];
  const channels = filters.channels * groups;
  const result = makeMaps(channels, along(maps.rows, filters.rows, 0), along(maps.columns, filters.columns, 1));
  const spread = makeMaps(channels, result.rows + padding[0] + padding[1], result.columns + padding[2] + padding[3]);
  visitProducts(spread, filters, maps, all, (output, input, weight) => {
    spread.values[input] += maps.values[output] * filters.values[weight];
  });
  const inside = unpad(spread, result, { padding });
  const size = result.rows * result.columns;
  return { ...result, values: inside.values.map((value, index) => value + (bias ? bias[Math.floor(index / size)] : 0)) };
}

// Products of a convolution with these filters on these maps: multiplications and additions together count one.
export function countProducts(maps, filters, moves = {}) {
  const [rows, columns] = outputSizes(maps, filters, moves);
  return filters.values.length * rows * columns;
}

// ---- pooling and shifts -------------------------------------------------------------------------------------

// Maxima or means of size x size windows; what does not fill a window is left out, as nn.MaxPool2d does.
export function pool(maps, size, kind, stride = size) {
  const along = (side) => outputSize(side, size, { stride });
  const result = makeMaps(maps.channels, along(maps.rows), along(maps.columns));
  for (let channel = 0, output = 0; channel < maps.channels; channel++) {
    for (let row = 0; row < result.rows; row++) {
      for (let column = 0; column < result.columns; column++, output++) {
        let [most, sum] = [-Infinity, 0];
        for (let down = 0; down < size; down++) {
          for (let right = 0; right < size; right++) {
            const value = maps.values[(channel * maps.rows + row * stride + down) * maps.columns + column * stride + right];
            most = Math.max(most, value);
            sum += value;
          }
        }
        result.values[output] = kind === "max" ? most : sum / size ** 2;
      }
    }
  }
  return result;
}

// The mean of each map, in one cell each.
export function poolGlobally({ channels, rows, columns, values }) {
  const size = rows * columns;
  const mean = (channel) => values.subarray(channel * size, (channel + 1) * size).reduce((sum, value) => sum + value, 0) / size;
  return makeMaps(channels, 1, 1, Float64Array.from({ length: channels }, (_, channel) => mean(channel)));
}

// The maps moved by whole pixels; what comes in is 0.
export function shift(maps, down, right) {
  return pad(maps, { padding: [down, -down, right, -right] });
}

// ---- three ways to the same numbers -------------------------------------------------------------------------

// The matrix whose columns are the windows: (channels kH kW) rows, one column for each place. Filters with one group.
export function unfold(maps, filters, moves = {}) {
  const all = { ...movesOf(moves), groups: 1 };
  const padded = pad(maps, all);
  const one = { ...filters, filters: 1 };
  const result = makeMaps(1, ...outputSizes(maps, filters, all));
  const width = result.rows * result.columns;
  const height = filters.channels * filters.rows * filters.columns;
  const matrix = makeMaps(1, height, width);
  visitProducts(padded, one, result, all, (output, input, weight) => {
    matrix.values[weight * width + output] = padded.values[input];
  });
  return matrix;
}

export function greatestDifference(one, other) {
  return one.values.reduce((most, value, index) => Math.max(most, Math.abs(value - other.values[index])), 0);
}
