// The playground in the page: what the controls say is computed and drawn at once; when the hand rests, the server confirms it.
import { showMaps } from "../page/canvas.js";
import { bytesOf } from "../page/drawing.js";
import { hearControls } from "../page/controls.js";
import { ARROWS, clamp, isShortcut, placeAt } from "../page/pointing.js";
import { presetOf } from "./editor.js";
import { keepCell } from "./keep.js";
import { findPicture, keepFile } from "./pictures.js";
import { PARTS, Player, cellAt, timeOf } from "./player.js";
import {
  computeState,
  countDropped,
  describeSides,
  differenceTo,
  drawFormula,
  echoOf,
  fill,
  format,
  isCommonTo,
  isRounding,
  isSame,
  mapsOf,
  movesOfState,
  pictureOf,
  problemOf,
  shareOf,
  sidesWithout,
  strongestCell,
  writeDifference,
} from "./playground.js";
import { tellOutdated, tellScreen } from "./screen.js";
import { INPUT, KERNEL, Outlines, RESULT, nearestWindow, termsOf, writeTerms } from "./window.js";

const REST = 250; // ms without a change after which the server is asked
const LONGEST_APART = 4000; // ms that Gradio may take to tell what a reader has set
const OPENING = 400; // ms until it is looked again whether a link has been opened

let stage = null; // of this page
const watchers = []; // functions that hear of each state

// What is on screen, for other sections: {state, known, picture, computed}, see playground.js; computed is null where nothing can be computed.
export const onStage = () =>
  stage && { state: stage.state, known: stage.known, picture: stage.picture, computed: stage.problem || !stage.picture ? null : stage.computed };

// Calls a function now and whenever something else is on screen.
export function watchStage(act) {
  watchers.push(act);
  if (stage) act(onStage());
}

// Called with what Gradio's controls say whenever one of them has changed.
export const follow = (values) => stage?.follow(values);

// Sets some values at once; Gradio must tell them too, a little later.
export const setNow = (values) => stage?.setNow(values);

// The cells of the kernel that is chosen: those of a preset, else those that are there.
export function fillKernel(kernel, cells) {
  const preset = presetOf(kernel);
  if (preset) setNow({ kernel, cells: preset });
  return preset ?? cells;
}

const floatsOf = (base64) => (base64 ? new Float32Array(bytesOf(base64).buffer) : null);

// Whether a reader holds a slider: its hand does not rest.
function watchHand(onRelease) {
  let isHeld = false;
  document.addEventListener("pointerdown", ({ target }) => (isHeld = target instanceof HTMLInputElement && target.type === "range"), true);
  for (const end of ["pointerup", "pointercancel"]) {
    document.addEventListener(end, () => {
      if (isHeld) onRelease();
      isHeld = false;
    }, true);
  }
  return () => isHeld;
}

// A slider shows one number: where its sides differ, it says what counts. Their own fields are folded away.
function noteSides(state, known) {
  const moves = movesOfState(state);
  for (const name of Object.keys(known.sides)) {
    const place = document.getElementById(`convolution-${name}`);
    if (!place) continue;
    const isCommon = isCommonTo(moves[name], state, name);
    if (isCommon && !place.querySelector(".sides-note")) continue;
    const line = place.querySelector(".sides-note") ?? place.appendChild(document.createElement("p"));
    line.className = "sides-note";
    line.hidden = isCommon;
    line.textContent = isCommon ? "" : describeSides(name, moves[name], known);
  }
}

// ---- the talk with the server -------------------------------------------------------------------------------

class Server {
  timer = 0;
  answer = {};

  // ask(): sends all that is set. current(): the state of now.
  constructor(ask, current) {
    this.isHeld = watchHand(() => this.timer && this.askSoon(0));
    Object.assign(this, { ask, current });
  }

  askSoon(pause = REST) {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.askNow(), pause);
  }

  askNow() {
    if (this.isHeld()) return this.askSoon();
    if (document.documentElement.classList.contains("opening-link")) return this.askSoon(OPENING); // that asks itself
    this.timer = 0;
    if (!this.isConfirmed) this.ask();
  }

  hear({ of, result, back, ...rest }) {
    this.answer = { ...rest, of, result: floatsOf(result), back: floatsOf(back) };
  }

  // Whether the last answer is about the state of now.
  get isConfirmed() {
    return Boolean(this.answer.of) && isSame(this.answer.of, echoOf(this.current()));
  }

  // Whether nothing more can be expected from it.
  get isSilent() {
    return this.isConfirmed || (Boolean(this.answer.problem) && !this.timer);
  }
}

// ---- the stage ----------------------------------------------------------------------------------------------

class Stage {
  computed = null;
  problem = null;
  cell = [0, 0]; // of the result, whose window is shown
  isChosen = false; // whether a person pointed at it
  shape = ""; // sizes of input and result: where they change, the cell pointed at before means nothing
  weight = null; // [down, right] of the kernel, while it is looked at
  isCovered = false; // whether the cells after this one are not shown yet
  frame = 0;
  shown = { value: null }; // what the maps show
  own = {}; // what a reader has set and Gradio has not told yet
  forgetting = 0;

  constructor(element, props, trigger) {
    const find = (name) => element.querySelector(`.${name}`);
    const host = find("maps");
    Object.assign(this, { props, host, root: find("playground"), column: element.closest(".picture") });
    this.known = JSON.parse(this.root.dataset.known);
    [this.line, this.formula, this.compared, this.wrong, this.backLine] = ["window-sum", "formula-lines", "compared", "page-problem", "back-line"].map(find);
    this.dropped = find("dropped-line");
    this.state = this.told = this.known.first;
    this.drawMaps = showMaps(element, this.shown);
    host.setAttribute("role", "group"); // as an image, its content would be hidden from screen readers
    this.outlines = new Outlines(host);
    this.player = new Player(find("player"), this.known.words, (time, part) => this.play(time, part));
    this.server = new Server(() => trigger("input"), () => this.state);
    this.listen(host);
    hearControls(this.known.controls, (name, value) => this.hearControl(name, value));
    let width = 0;
    new ResizeObserver(() => {
      if (host.clientWidth === width) return;
      width = host.clientWidth;
      this.paintSoon(); // the outlines follow it
    }).observe(host);
  }

  listen(host) {
    for (const kind of ["pointermove", "pointerdown"]) host.addEventListener(kind, (event) => this.point(event));
    host.addEventListener("pointerleave", () => this.isKernelFocused || this.lookAt(null));
    host.addEventListener("keydown", (event) => this.press(event));
    host.addEventListener("focusin", ({ target }) => this.indexOf(target) === KERNEL && this.lookAt(this.weight ?? [0, 0]));
    host.addEventListener("focusout", () => this.lookAt(null));
  }

  // ---- what is set

  follow(values) {
    this.told = { ...values, upload: values.upload?.path ?? null, sides: values.sides ?? [] };
    // What a reader has set meanwhile counts until Gradio tells it, and not what it tells of the steps before.
    for (const name of Object.keys(this.own)) if (isSame(this.own[name], this.told[name])) delete this.own[name];
    this.change();
  }

  setNow(values) {
    Object.assign(this.own, values);
    window.clearTimeout(this.forgetting);
    this.forgetting = window.setTimeout(() => this.forget(), LONGEST_APART);
    this.change();
  }

  // Something else was set in the place of what Gradio never told.
  forget() {
    this.own = {};
    this.change();
  }

  hearControl(name, value) {
    if (value === undefined) return;
    const isSpread = name in this.known.limits.sides; // a slider sets all sides
    this.setNow({ [name]: value, ...(isSpread ? { sides: sidesWithout(this.state.sides, name) } : {}) });
  }

  change() {
    const next = { ...this.told, ...this.own };
    if (isSame(next, this.state)) return;
    const isLearned = next.kernel !== this.state.kernel && next.kernel !== this.known.own && !presetOf(next.kernel);
    this.state = next;
    this.update();
    this.server.askSoon(isLearned || !this.picture ? 0 : REST); // that is awaited
  }

  update() {
    const { state, known } = this;
    this.picture = findPicture(state, known.tutorial, () => this.update());
    const numbers = this.picture && pictureOf(this.picture);
    this.problem = problemOf(state, numbers, known);
    this.sayProblem();
    noteSides(state, known);
    if (!this.problem && numbers) {
      this.computed = computeState(state, numbers, known);
      const { picture, kernel, moves } = this.computed;
      tellScreen({ picture, kernel, moves });
      this.place();
      this.paint();
    }
    tellOutdated(Boolean(this.problem) || !numbers);
    this.settle();
    watchers.forEach((act) => act(onStage()));
  }

  sayProblem() {
    const { wrong, problem } = this;
    if (wrong.textContent !== (problem ?? "")) wrong.textContent = problem ?? "";
    wrong.hidden = !problem;
    this.column?.classList.toggle("page-refuses", Boolean(problem));
    this.root.classList.toggle("of-before", Boolean(problem) || !this.picture);
  }

  // Where the window stands: where it was, if there is such a place and a person chose it, else at the strongest cell.
  place() {
    const { padded, result } = this.computed;
    const shape = [padded.rows, padded.columns, result.rows, result.columns].join();
    if (shape !== this.shape) this.isChosen = this.player.isPlaying;
    this.shape = shape;
    const count = result.rows * result.columns;
    if (!this.isChosen) [this.cell, this.isCovered] = [strongestCell(result), false];
    else this.cell = cellAt(Math.min(timeOf(this.cell, result.columns), count - 1), result.columns);
    this.player.set(timeOf(this.cell, result.columns), count);
    this.player.isFresh = !this.isChosen;
  }

  // ---- what is drawn

  paintSoon() {
    window.cancelAnimationFrame(this.frame);
    this.frame = window.requestAnimationFrame(() => this.paint());
  }

  paint() {
    const { computed, known } = this;
    if (!computed) return;
    const terms = termsOf(computed, this.cell);
    const products = Float64Array.from(terms, ({ pixel, weight }) => pixel * weight);
    const shared = this.weight && shareOf(computed, this.weight);
    const { scales, height, words } = known;
    const maps = mapsOf(computed, products, shared, known);
    this.shown.value = { maps, scales, columns: null, cell: null, maxHeight: height, equalCells: true, label: words.label };
    this.drawMaps();
    this.makeReachable();
    this.outlines.draw(computed, this.cell, terms, { covered: this.isCovered && !shared, weight: this.weight });
    this.write(terms, products);
  }

  write(terms, products) {
    const { words } = this.known;
    const sum = document.createElement("b");
    sum.textContent = format(products.reduce((total, each) => total + each, 0));
    this.line.replaceChildren(`${writeTerms(terms, words.more)} = `, sum);
    this.line.title = words.hint;
    this.formula.innerHTML = drawFormula(this.computed);
    const count = countDropped(this.computed);
    this.dropped.hidden = !count;
    this.dropped.textContent = fill(words.dropped, { count });
    this.backLine.hidden = !this.computed.back;
    const { rows, columns } = this.computed.picture;
    this.backLine.textContent = fill(words.backLine, { height: rows, width: columns });
  }

  makeReachable() {
    const { words } = this.known;
    const names = { [KERNEL]: words.weightKeys, [RESULT]: words.keys };
    this.host.querySelectorAll("canvas").forEach((canvas, index) => {
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", names[index] ?? this.shown.value.maps[index].title);
      if (names[index]) canvas.tabIndex = 0;
    });
  }

  // The cell that a reader has chosen, [row, column]; null where it is the strongest one, or the maps are those from before.
  get chosenCell() {
    return this.isChosen && this.computed && !this.problem && this.picture ? this.cell : null;
  }

  // ---- one window

  indexOf(canvas) {
    return [...this.host.querySelectorAll("canvas")].indexOf(canvas);
  }

  // Whoever clicks a weight, or comes to it by the keyboard, keeps it until something else has the keyboard.
  get isKernelFocused() {
    return this.indexOf(document.activeElement) === KERNEL;
  }

  point(event) {
    const index = this.indexOf(event.target);
    if (index !== KERNEL && !this.isKernelFocused) this.lookAt(null);
    if (!this.computed || ![INPUT, KERNEL, RESULT].includes(index)) return;
    const map = [this.computed.padded, this.computed.kernel, null, this.computed.result][index];
    const place = placeAt(event.target.getBoundingClientRect(), map.rows, map.columns, event);
    if (index === KERNEL) return this.lookAt(place);
    this.choose(index === INPUT ? nearestWindow(place, this.computed) : place);
  }

  choose([row, column]) {
    const { rows, columns } = this.computed.result;
    const cell = [clamp(row, 0, rows - 1), clamp(column, 0, columns - 1)];
    if (isSame(cell, this.cell) && this.isChosen && !this.isCovered) return;
    this.player.pause();
    Object.assign(this, { cell, isChosen: true, isCovered: false });
    this.player.set(timeOf(cell, columns), rows * columns);
    this.player.isFresh = false;
    this.light(null);
    this.paintSoon();
  }

  // A weight of the kernel, or none: its share of each number of the result, and the inputs that it meets.
  lookAt(weight) {
    const { kernel } = this.computed ?? {};
    const found = weight && kernel ? [clamp(weight[0], 0, kernel.rows - 1), clamp(weight[1], 0, kernel.columns - 1)] : null;
    if (isSame(found, this.weight)) return;
    this.weight = found;
    this.paintSoon();
  }

  play(time, part) {
    const { columns, values } = this.computed.result;
    Object.assign(this, { cell: cellAt(time, columns), isChosen: true, isCovered: time + 1 < values.length });
    this.line.setAttribute("aria-live", part ? "off" : "polite");
    this.light(part);
    this.paint();
  }

  // The lines of the loop that compute this part of a turn.
  light(part) {
    for (const each of PARTS) {
      document.querySelectorAll(`.loop-code [data-part="${each}"]`).forEach((line) => line.classList.toggle("lit", each === part));
    }
  }

  // The arrow keys move the window, or from weight to weight; the space bar plays.
  press(event) {
    const index = this.indexOf(event.target);
    if (![KERNEL, RESULT].includes(index) || isShortcut(event) || !this.computed) return;
    const move = ARROWS[event.key];
    if (!move && !(event.key === " " && index === RESULT)) return;
    event.preventDefault();
    if (!move) return this.player.toggle();
    const [row, column] = index === KERNEL ? this.weight ?? [0, 0] : this.cell;
    const next = [row + move[0], column + move[1]];
    if (index === KERNEL) this.lookAt(next);
    else this.choose(next);
  }

  // ---- the server

  hear(value) {
    if (!value || typeof value !== "object") return;
    if (value.picture) keepFile(value.picture);
    this.server.hear(value);
    if (value.picture) this.update();
    else this.settle();
  }

  // Says what the server confirmed, or that it is about another state.
  settle() {
    const { server, computed, known } = this;
    const isCurrent = server.isConfirmed && computed && !this.problem;
    this.column?.classList.toggle("unconfirmed", !server.isSilent && !this.problem);
    this.compared.classList.toggle("of-before", !isCurrent);
    if (!isCurrent) return;
    const difference = differenceTo(computed, server.answer);
    const { same, different, apart } = known.words;
    const words = difference === 0 ? same : isRounding(difference, computed) ? different : apart;
    this.compared.textContent = [fill(words, { difference: writeDifference(difference) }), server.answer.times].join(known.joiner);
  }
}

export function mount(element, props, watch, trigger) {
  stage = new Stage(element, props, trigger);
  watch("value", () => stage.hear(props.value));
  keepCell(() => stage.chosenCell);
  stage.hear(props.value);
  stage.update();
}
