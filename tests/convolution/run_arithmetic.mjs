// Runs the page's own arithmetic on the cases that come in as JSON, for tests/convolution/test_arithmetic.py.
import { readFileSync } from "node:fs";
import { conv2d, conv2dBackward, convTranspose2d, makeFilters, makeMaps, pad, pool, poolGlobally, samePadding, shift, unfold } from "../../explorer/convolution/arithmetic.js";

const mapsOf = ({ shape, values }) => makeMaps(...shape, Float64Array.from(values));
const filtersOf = ({ shape, values }) => makeFilters(...shape, Float64Array.from(values));
const plain = ({ values }) => [...values];

const RUNS = {
  convolution({ maps, filters, bias, gradient, moves }) {
    const [input, weights] = [mapsOf(maps), filtersOf(filters)];
    const result = conv2d(input, weights, bias, moves);
    const back = conv2dBackward(input, weights, { ...result, values: Float64Array.from(gradient) }, moves);
    return { result: plain(result), input: plain(back.input), filters: plain(back.filters), bias: back.bias };
  },
  transposed: ({ maps, filters, bias, moves, extra }) =>
    ({ result: plain(convTranspose2d(mapsOf(maps), filtersOf(filters), bias, moves, extra)) }),
  padding: ({ maps, moves }) => ({ result: plain(pad(mapsOf(maps), moves)) }),
  same({ filters, dilation }) {
    return { result: samePadding(filtersOf(filters), dilation) };
  },
  pooling({ maps, size, stride }) {
    const input = mapsOf(maps);
    return {
      max: plain(pool(input, size, "max", stride)),
      average: plain(pool(input, size, "average", stride)),
      global: plain(poolGlobally(input)),
    };
  },
  shift: ({ maps, down, right }) => ({ result: plain(shift(mapsOf(maps), down, right)) }),
  unfold: ({ maps, filters, moves }) => ({ result: plain(unfold(mapsOf(maps), filtersOf(filters), moves)) }),
};

const cases = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(cases.map(({ kind, ...values }) => RUNS[kind](values))));
