// Runs the page's shifts on the cases that come in as JSON, for tests/convolution/test_shifts.py.
import { readFileSync } from "node:fs";
import { filterOf, mapOf } from "../../explorer/convolution/arithmetic.js";
import { compare, OPERATIONS } from "../../explorer/convolution/shifts.js";

const run = ({ picture, kernel, size, shift }) =>
  Object.fromEntries(OPERATIONS.map((operation) => {
    const found = compare(operation, mapOf(picture), { kernel: filterOf(kernel), size, shift });
    return [operation, found && { ...found, before: [...found.before.values], after: [...found.after.values], moved: null }];
  })); // prettier-ignore

process.stdout.write(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(run)));
