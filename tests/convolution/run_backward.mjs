// Runs the page's backward pass on the cases that come in as JSON, for tests/convolution/test_backward.py.
import { readFileSync } from "node:fs";
import { filterOf, linesOf, mapOf } from "../../explorer/convolution/arithmetic.js";
import * as backward from "../../explorer/convolution/backward.js";

const total = (terms) => terms.reduce((sum, { slope, factor }) => sum + slope * factor, 0);

function run({ picture, kernel, moves, kind, cell }) {
  const forward = backward.runForward({ picture: mapOf(picture), kernel: filterOf(kernel), moves });
  const { loss, gradient } = backward.startBackward(kind, forward, { cell, target: backward.meansOf(forward) });
  const back = backward.runBackward(forward, gradient);
  const each = (map, terms) => linesOf(map).map((line, row) => line.map((_, column) => total(terms(forward, gradient, [row, column]))));
  return {
    loss,
    sent: backward.tellServer(forward, gradient, back),
    asPadded: linesOf(backward.inputByConvolution(forward, gradient).padded),
    asKernel: linesOf(backward.kernelByConvolution(forward, gradient).kernel),
    ofWeights: each(forward.kernel, backward.termsOfWeight),
    ofPixels: each(forward.padded, backward.termsOfPixel),
  };
}

process.stdout.write(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(run)));
