// Runs the page's gradient descent on the cases that come in as JSON, for tests/convolution/test_descent.py.
import { readFileSync } from "node:fs";
import { makeMaps } from "../../explorer/convolution/arithmetic.js";
import * as descent from "../../explorer/convolution/descent.js";

const mapOf = ({ shape, values }) => makeMaps(1, ...shape, Float64Array.from(values));

function run({ picture, target, kernel, rate, momentum, steps }) {
  const [from, to] = [mapOf(picture), mapOf(target)];
  const first = descent.squareKernel(kernel.shape[0], Float64Array.from(kernel.values));
  let state = { kernel: first, velocity: new Float64Array(kernel.values.length) };
  const foreseen = descent.foresee(from, first, to);
  const losses = [];
  for (let step = 0; step < steps; step++) {
    losses.push(descent.lossAt(foreseen.quadratic, state.kernel.values));
    state = descent.takeStep(state, descent.slopeOf(foreseen.quadratic, state.kernel.values), { rate, momentum });
  }
  return {
    kernel: [...state.kernel.values],
    losses,
    last: descent.lossOf(from, state.kernel, to),
    curvatures: foreseen.directions.map(({ curvature }) => curvature),
    best: [...foreseen.best.values],
    least: foreseen.least,
    blind: foreseen.blind,
    limit: descent.greatestRate(foreseen.directions, momentum),
  };
}

process.stdout.write(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(run)));
