// "The backward pass": draws what backward.js computes, and writes out the products of the number that is pointed at.
import { greatestDifference } from "./arithmetic.js";
import * as backward from "./backward.js";
import { Board, build, buildChoice, fill, greatest, say, whenOpened, wordsOf } from "./board.js";
import { keepSection, packBoard } from "./keep.js";
import { followScreen, isOfBefore, onScreen } from "./screen.js";
import { makeButton } from "../page/buttons.js";

const [MOST_TERMS, MOST_BOXES] = [8, 100];
const [BLUE, ORANGE, GREEN] = ["#0072b2", "#d55e00", "#009e73"]; // of input, kernel and result in style.py

const bracket = (number) => (number < 0 ? `(${say(number)})` : say(number));

// The sum of products, as far as it fits on a line or two; products with 0 are only counted.
export function writeTerms(terms, words) {
  const real = terms.filter(({ slope }) => slope !== 0);
  const shown = real.slice(0, MOST_TERMS).map(({ slope, factor }) => `${bracket(slope)}·${bracket(factor)}`);
  const rest = real.length - shown.length;
  if (rest) shown.push(fill(words.more, { count: rest }));
  const total = real.reduce((sum, { slope, factor }) => sum + slope * factor, 0);
  return `${shown.join(" + ") || "0"} = ${say(total)}`;
}

// Outlines of cells; one around all of them where they are many.
export function boxesOf(cells, colour) {
  if (!cells.length) return [];
  if (cells.length <= MOST_BOXES) return cells.map(([row, column]) => [row, column, row + 1, column + 1, colour, 2]);
  const [rows, columns] = [cells.map(([row]) => row), cells.map(([, column]) => column)];
  return [[Math.min(...rows), Math.min(...columns), Math.max(...rows) + 1, Math.max(...columns) + 1, colour, 3]];
}

class View {
  kind = "cell";
  cell = null; // of the result, whose gradient is asked for
  pointed = null; // {of: "weight" | "pixel" | "output", at: [row, column]}

  constructor(host, props, trigger) {
    Object.assign(this, { host, props, trigger, words: wordsOf(host) });
    this.build();
    followScreen(host, () => this.start());
    keepSection("backward", host, () => this.tell());
    this.start();
  }

  build() {
    const { words } = this;
    const fields = build("div", "fields");
    const { place } = buildChoice(words.loss, backward.LOSSES.map((kind) => [kind, words[`loss_${kind}`]]), (kind) => {
      this.kind = kind;
      this.start();
    });
    place.classList.add("wide");
    fields.append(place);
    this.look = build("p", "look-for");
    this.look.setAttribute("role", "status");
    [this.things, this.gradients, this.byInput, this.byKernel] = ["things", "gradients", "as_input", "as_kernel"].map((name) => new Board(words.scales, words[name]));
    this.terms = build("p", "numbers terms");
    this.terms.setAttribute("aria-live", "polite");
    this.same = build("p", "numbers");
    const buttons = build("div", "buttons");
    buttons.append(makeButton(words.check, () => this.check()));
    const [inputLine, kernelLine] = [build("p", "numbers", words.as_input), build("p", "numbers", words.as_kernel)];
    const heading = build("h4", "", words.also);
    const [halves, left, right] = [build("div", "halves"), build("div"), build("div")];
    left.append(this.things.host, this.gradients.host, this.terms);
    right.append(heading, inputLine, this.byInput.host, kernelLine, this.byKernel.host, this.same);
    halves.append(left, right);
    this.host.append(fields, this.look, halves, buttons);
  }

  start() {
    const setting = onScreen();
    if (!setting) return;
    this.forward = backward.runForward(setting);
    const { rows, columns } = this.forward.result;
    const isThere = this.cell && this.cell[0] < rows && this.cell[1] < columns;
    if (!isThere) this.cell = [rows >> 1, columns >> 1];
    this.pointed = null;
    this.compute();
  }

  compute() {
    const { forward, cell, kind, words } = this;
    const { loss, gradient } = backward.startBackward(kind, forward, { cell, target: backward.meansOf(forward) });
    Object.assign(this, { gradient, back: backward.runBackward(forward, gradient) });
    this.asInput = backward.inputByConvolution(forward, gradient);
    this.asKernel = backward.kernelByConvolution(forward, gradient);
    const values = { loss, row: cell[0], column: cell[1], cells: gradient.values.length };
    this.said = fill(words[`look_${kind}`], values);
    this.look.textContent = [this.said, kind === "cell" ? words.look_choose : ""].filter(Boolean).join(words.joiner);
    this.same.textContent = fill(words.same, { difference: greatestDifference(this.back.filters, this.asKernel.kernel) });
    this.drawConvolutions();
    this.draw();
    this.dimAnswer(true);
  }

  // What the server said was of another setting.
  dimAnswer(isOld) {
    const answer = this.host.closest(".convolution-board")?.parentElement.querySelector(".look-for-line");
    if (answer) answer.style.opacity = isOld && this.isChecked ? 0.4 : 1;
  }

  point(of, at) {
    this.pointed = { of, at };
    this.draw();
  }

  // Padding has gradients of its own; what is mirrored or repeated there adds them to the pixel that it shows.
  isPadded() {
    return this.forward.padded.values.length !== this.forward.picture.values.length;
  }

  // What is marked on each map, and what is written below them.
  mark() {
    const { pointed, forward, gradient, cell, kind, words } = this;
    const marks = { padded: [], kernel: [], output: kind === "cell" ? boxesOf([cell], GREEN) : [] };
    if (!pointed) return { marks, line: words.hint };
    const { of, at } = pointed;
    if (of === "weight") {
      const terms = backward.termsOfWeight(forward, gradient, at);
      const real = terms.filter(({ slope }) => slope !== 0);
      marks.kernel = boxesOf([at], ORANGE);
      marks.padded = boxesOf(real.map(({ pixel }) => pixel), ORANGE);
      marks.output = boxesOf(real.map(({ output }) => output), GREEN);
      return { marks, line: `${fill(words.of_weight, { row: at[0], column: at[1] })} ${writeTerms(terms, words)}` };
    }
    const terms = backward.termsOfPixel(forward, gradient, at);
    marks.padded = boxesOf([at], BLUE);
    marks.kernel = boxesOf(terms.map(({ weight }) => weight), ORANGE);
    marks.output = boxesOf(terms.map(({ output }) => output), GREEN);
    return { marks, line: `${fill(this.isPadded() ? words.of_place : words.of_pixel, { row: at[0], column: at[1] })} ${writeTerms(terms, words)}` };
  }

  draw() {
    const { words, forward, gradient, back, asInput } = this;
    const { marks, line } = this.mark();
    this.terms.textContent = line;
    const { padded, kernel, result, picture, moves } = forward;
    const [top, , left] = moves.padding;
    const isPadded = this.isPadded();
    const frame = !isPadded ? [] : [[top, left, top + picture.rows, left + picture.columns, BLUE, 2]];
    const small = { side: 170, most: 44 };
    const pixel = { hover: (...at) => this.point("pixel", at), leave: () => this.forget() };
    const weight = { hover: (...at) => this.point("weight", at), leave: () => this.forget() };
    const choose = this.kind === "cell" ? { click: (row, column) => this.choose([row, column]), hover() {}, hint: words.choose } : {};
    const sized = ({ rows, columns }) => `${rows} × ${columns}`;
    this.things.draw([
      { title: words.map_input, caption: sized(padded), ...padded, scale: "grey", limit: 1, boxes: [...frame, ...marks.padded], ...pixel },
      { title: words.map_output, caption: sized(result), ...result, boxes: marks.output, ...choose },
      { title: words.map_kernel, caption: sized(kernel), ...kernel, ...small, boxes: marks.kernel, ...weight },
    ]);
    this.gradients.draw([
      { title: isPadded ? words.grad_padded : words.grad_input, ...asInput.padded, boxes: [...frame, ...marks.padded], ...pixel },
      { title: words.grad_output, ...gradient, limit: greatest(gradient.values), boxes: marks.output, ...choose },
      { title: words.grad_kernel, ...back.filters, ...small, boxes: marks.kernel, ...weight },
      ...(isPadded ? [{ title: words.grad_input, caption: sized(picture), ...back.input }] : []),
    ]);
  }

  forget() {
    if (!this.pointed) return;
    this.pointed = null;
    this.draw();
  }

  choose(cell) {
    this.cell = cell;
    this.compute();
  }

  drawConvolutions() {
    const { words, forward, asInput, asKernel } = this;
    const small = { side: 170, most: 44 };
    this.byInput.draw([
      { title: words.framed, caption: `${asInput.framed.rows} × ${asInput.framed.columns}`, ...asInput.framed },
      { title: words.flipped, ...asInput.flipped, ...small },
      { title: this.isPadded() ? words.grad_padded : words.grad_input, ...asInput.padded },
    ]);
    this.byKernel.draw([
      { title: words.map_input, ...forward.padded, scale: "grey", limit: 1 },
      { title: words.window, caption: `${asKernel.window.rows} × ${asKernel.window.columns}`, ...asKernel.window },
      { title: words.grad_kernel, ...asKernel.kernel, ...small },
    ]);
  }

  // For a figure: all maps, and what is said of them.
  tell() {
    const { words, kind, said, terms, same } = this;
    if (!this.forward || isOfBefore()) return null;
    return {
      screen: true,
      setting: [[words.loss, words[`loss_${kind}`]]],
      said: [said, ...[...(this.pointed ? [terms] : []), same].map(({ textContent }) => textContent)],
      rows: [this.things, this.gradients, this.byInput, this.byKernel].map(packBoard),
    };
  }

  check() {
    this.props.value = backward.tellServer(this.forward, this.gradient, this.back);
    this.trigger("input");
    this.isChecked = true;
    this.dimAnswer(false);
  }
}

export function mount(element, props, watch, trigger) {
  whenOpened(element.querySelector(".backward"), (host) => new View(host, props, trigger));
}
