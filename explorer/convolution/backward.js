// The backward pass of the convolution on screen: gradients beside what they are gradients of, the products that each of them is a sum
// of, and both gradients once more as convolutions. Tested against autograd: tests/convolution/test_backward.py.
import { conv2d, conv2dBackward, droppedBy, linesOf, makeFilters, makeMaps, movesOf, pad, reachOf } from "./arithmetic.js";

export const LOSSES = ["cell", "sum", "distance"];

// A convolution with its input padded, for what follows.
export function runForward({ picture, kernel, moves }) {
  const all = movesOf(moves);
  return { picture, kernel, moves: all, padded: pad(picture, all), result: conv2d(picture, kernel, null, all) };
}

// What the result is compared with in the loss "distance": the means of all windows.
export function meansOf({ picture, kernel, moves }) {
  const count = kernel.values.length;
  return conv2d(picture, { ...kernel, values: new Float64Array(count).fill(1 / count) }, null, moves);
}

// The gradient of the loss with respect to the result, and the loss: one cell, the sum of all, or the mean squared distance to `target`.
export function startBackward(kind, { result }, { cell, target }) {
  const count = result.values.length;
  const chosen = cell[0] * result.columns + cell[1];
  const off = (index) => result.values[index] - target.values[index];
  const slope = { cell: (index) => Number(index === chosen), sum: () => 1, distance: (index) => (2 / count) * off(index) }[kind];
  const total = (each) => result.values.reduce((sum, _, index) => sum + each(index), 0);
  const loss = { cell: () => result.values[chosen], sum: () => total((index) => result.values[index]), distance: () => total((index) => off(index) ** 2) / count }[kind]();
  return { loss, gradient: { ...result, values: Float64Array.from(result.values, (_, index) => slope(index)) } };
}

export function runBackward({ picture, kernel, moves }, gradient) {
  const { input, filters } = conv2dBackward(picture, kernel, gradient, moves);
  return { input, filters };
}

// ---- as convolutions ----------------------------------------------------------------------------------------

// Zeros between the numbers of a map, as many as a stride skips.
function spread({ rows, columns, values }, [down, right]) {
  const wide = makeMaps(1, (rows - 1) * down + 1, (columns - 1) * right + 1);
  values.forEach((value, index) => (wide.values[Math.floor(index / columns) * down * wide.columns + (index % columns) * right] = value));
  return wide;
}

const flip = (kernel) => ({ ...kernel, values: Float64Array.from(kernel.values).reverse() });

// The gradient of the padded input: that of the result, with holes and a frame of zeros, convolved with the flipped kernel.
export function inputByConvolution({ picture, kernel, moves }, gradient) {
  const [down, right] = [reachOf(kernel.rows, moves.dilation[0]) - 1, reachOf(kernel.columns, moves.dilation[1]) - 1];
  const [lost, missed] = droppedBy(picture, kernel, moves);
  const framed = pad(spread(gradient, moves.stride), { padding: [down, down + lost, right, right + missed] });
  const flipped = flip(kernel);
  return { framed, flipped, padded: conv2d(framed, flipped, null, { dilation: moves.dilation }) };
}

// The gradient of the kernel: the padded input convolved with that of the result; stride and dilation change their places.
export function kernelByConvolution({ picture, kernel, moves, padded }, gradient) {
  const [lost, missed] = droppedBy(picture, kernel, moves);
  const window = makeFilters(1, 1, gradient.rows, gradient.columns, gradient.values);
  const reached = { padding: [0, -lost, 0, -missed], stride: moves.dilation, dilation: moves.stride };
  return { window: spread(gradient, moves.stride), kernel: conv2d(padded, window, null, reached) };
}

// ---- the products of one number -----------------------------------------------------------------------------

// Of a weight: the gradient of each cell of the result times the pixel that this weight met there.
export function termsOfWeight({ padded, moves }, gradient, [down, right]) {
  return Array.from(gradient.values, (slope, index) => {
    const output = [Math.floor(index / gradient.columns), index % gradient.columns];
    const pixel = [output[0] * moves.stride[0] + down * moves.dilation[0], output[1] * moves.stride[1] + right * moves.dilation[1]];
    return { slope, factor: padded.values[pixel[0] * padded.columns + pixel[1]], output, pixel };
  });
}

// Of a pixel of the padded input: the gradient of each cell whose window holds it times the weight that it met there.
export function termsOfPixel({ kernel, moves }, gradient, [row, column]) {
  return Array.from(kernel.values, (factor, index) => {
    const weight = [Math.floor(index / kernel.columns), index % kernel.columns];
    const output = [(row - weight[0] * moves.dilation[0]) / moves.stride[0], (column - weight[1] * moves.dilation[1]) / moves.stride[1]];
    const isThere = output.every((place, side) => Number.isInteger(place) && place >= 0 && place < [gradient.rows, gradient.columns][side]);
    return isThere ? { slope: gradient.values[output[0] * gradient.columns + output[1]], factor, output, weight } : null;
  }).filter(Boolean);
}

// What the server needs to compute the same.
export function tellServer(forward, gradient, back) {
  const { picture, kernel, moves } = forward;
  return {
    picture: linesOf(picture), kernel: linesOf(kernel), gradient: linesOf(gradient),
    stride: moves.stride, padding: moves.padding, dilation: moves.dilation, mode: moves.mode,
    inputs: linesOf(back.input), weights: linesOf(back.filters),
  }; // prettier-ignore
}
