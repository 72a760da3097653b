// "Learn a kernel": a reader tries by hand to make the target that a hidden kernel made, then gradient descent does, step by step.
import { makeMaps } from "./arithmetic.js";
import { Board, build, buildChoice, buildSlider, fill, greatest, isInView, say, whenOpened, wordsOf } from "./board.js";
import { CellGrid } from "./cells.js";
import { readClothes } from "./clothes.js";
import { Curve } from "./curve.js";
import * as descent from "./descent.js";
import { keepSection, packBoard, packCurve } from "./keep.js";
import { followScreen, isOfBefore, onScreen } from "./screen.js";
import { makeButton } from "../page/buttons.js";

const [SIDE, CLASSES, SEEDS] = [28, 10, 3];
const GOAL = 0.01; // of the loss of zeros: what the reader guesses the steps to
const PACES = [0.1, 1, 20]; // steps a frame
const FRAME = 12; // ms that all steps of a frame may take
const EXPLODED = 1e9; // times the first loss
const SETTLED = 1e-12; // of the loss of zeros, between the loss and the least one

const rateAt = (place) => 10 ** place; // the slider counts in powers of ten

// What is set, as [name, words], for a figure that is saved. The picture of the stage is told with the stage; `secret` is the name of the
// secret kernel, or "" as long as the reader does not know it.
export function nameSetting({ picture, target, size, seed, rate, momentum }, words, secret) {
  const pictures = { uniform: words.picture_uniform, noise: words.picture_noise };
  const hidden = [words.target_secret, secret].filter(Boolean).join(", ");
  const targets = { secret: hidden, draw: words.target_draw };
  return [
    ...(picture === "screen" ? [] : [[words.picture, pictures[picture] ?? words.classes[Number(picture)]]]),
    [words.target, targets[target] ?? words.names[target]],
    [words.size, `${size} × ${size}`],
    [words.start, seed ? fill(words.start_random, { seed }) : words.start_zeros],
    [words.rate, say(rate, 2)],
    [words.momentum, say(momentum)],
  ];
}

class Lesson {
  setting = { picture: "9", target: "secret", size: 3, seed: 0, rate: 0.2, momentum: 0, pace: 1, guess: "" };
  losses = [];
  byHand = null; // the best loss of the reader's own kernels
  playing = null; // the frame that is awaited
  revealed = false;

  constructor(host) {
    this.words = wordsOf(host);
    this.host = host;
    this.names = Object.keys(this.words.kernels).filter((name) => this.words.kernels[name].length <= this.setting.size); // a secret fits at first
    this.secret = this.names[Math.floor(Math.random() * this.names.length)];
    this.build();
    this.markOutdated = followScreen(host, () => this.takesScreen() && this.begin(), () => this.takesScreen());
    keepSection("learn", host, () => this.tell());
    this.begin();
  }

  takesScreen = () => this.setting.picture === "screen";

  // ---- what stands there

  build() {
    const { words } = this;
    this.look = build("p", "look-for");
    this.look.setAttribute("role", "status");
    this.board = new Board(words.scales, words.label);
    this.cells = new CellGrid(words, words.scales.signed, (kernel) => this.tryOut(kernel));
    this.lossLine = build("p", "numbers");
    this.lossLine.setAttribute("aria-live", "polite");
    this.runLine = build("p", "numbers");
    this.runLine.setAttribute("role", "status");
    this.curve = new Curve({ x: words.axis_steps, y: words.axis_loss, label: words.curve });
    this.kernels = new Board(words.scales, words.reveal);
    const work = build("div", "halves");
    const [left, right] = [build("div"), build("div")];
    left.append(build("h4", "", words.kernel), this.cells.host, this.lossLine, this.buildGuess(), this.buildButtons());
    right.append(this.curve.svg, this.runLine, this.kernels.host);
    work.append(left, right);
    this.host.append(this.buildFields(), this.look, this.board.host, work);
  }

  buildFields() {
    const { words, setting } = this;
    const fields = build("div", "fields");
    const choose = (name, label, options) => {
      const { place, choice } = buildChoice(label, options, (value) => this.set({ [name]: value }));
      choice.value = setting[name];
      fields.append(place);
    };
    const garments = words.classes.map((name, label) => [String(label), name]);
    choose("picture", words.picture, [...garments, ["screen", words.picture_screen], ["uniform", words.picture_uniform], ["noise", words.picture_noise]]);
    choose("target", words.target, [["secret", words.target_secret], ...Object.entries(words.names), ["draw", words.target_draw]]);
    choose("size", words.size, [1, 3, 5, 7].map((size) => [size, `${size} × ${size}`]));
    const seeds = Array.from({ length: SEEDS }, (_, index) => [index + 1, fill(words.start_random, { seed: index + 1 })]);
    choose("seed", words.start, [[0, words.start_zeros], ...seeds]);
    const rate = { min: -3, max: 1, step: 0.05, value: Math.log10(setting.rate) };
    this.rate = buildSlider(words.rate, rate, (place) => say(rateAt(place), 2), (place) => this.set({ rate: rateAt(place) }));
    const momentum = { min: 0, max: 0.95, step: 0.05, value: 0 };
    const speed = buildSlider(words.momentum, momentum, (value) => say(value), (value) => this.set({ momentum: value }));
    fields.append(this.rate.place, speed.place);
    return fields;
  }

  buildGuess() {
    const { words } = this;
    const most = descent.GUESSES.at(-1);
    const groups = descent.GUESSES.map((bound, index, bounds) =>
      fill(index ? words.guess_between : words.guess_upto, { least: (bounds[index - 1] ?? 0) + 1, most: bound }),
    );
    this.groups = [...groups, fill(words.guess_more, { most }), fill(words.guess_never, { most: descent.MOST_STEPS })];
    const label = fill(words.guess, { share: 100 * GOAL });
    const options = [["", words.guess_none], ...this.groups.map((group, index) => [index, group])];
    const { place } = buildChoice(label, options, (value) => this.set({ guess: value }, false));
    place.classList.add("guess");
    return place;
  }

  buildButtons() {
    const { words } = this;
    const buttons = build("div", "buttons");
    this.playButton = makeButton(words.find, () => (this.playing ? this.pause() : this.play()), { className: "main" });
    this.revealButton = makeButton(words.reveal, () => this.reveal());
    const pace = buildChoice(words.pace, PACES.map((value, index) => [value, words.paces[index]]), (value) => (this.setting.pace = Number(value)));
    pace.choice.value = this.setting.pace;
    buttons.append(this.playButton, makeButton(words.step, () => this.stepOnce()), makeButton(words.reset, () => this.restart()), this.revealButton);
    this.clearButton = makeButton(words.clear, () => this.clear());
    this.otherButton = makeButton(words.another, () => this.another());
    buttons.append(this.otherButton, this.clearButton, pace.place);
    return buttons;
  }

  // ---- the setting

  set(change, begins = true) {
    const from = this.setting;
    this.setting = { ...from, ...change, size: Number(change.size ?? from.size), seed: Number(change.seed ?? from.seed) };
    if (!begins) return void (this.foreseen && this.showNumbers());
    this.markOutdated();
    if ("rate" in change || "momentum" in change) this.foreseeAndSay();
    else this.begin("size" in change || "seed" in change);
  }

  async begin(keepsTarget = false) {
    const asked = (this.asked = {});
    const picture = await this.findPicture();
    if (asked !== this.asked) return; // something else was chosen meanwhile
    this.picture = picture;
    if (!keepsTarget || !this.target) this.makeTarget();
    this.restart();
  }

  findPicture() {
    const { picture } = this.setting;
    if (picture === "screen") return onScreen()?.picture ?? readClothes(CLASSES - 1, 0);
    if (picture === "uniform") return descent.uniformPicture(SIDE, 0.5);
    if (picture === "noise") return descent.noisePicture(SIDE, 1);
    return readClothes(Number(picture), 0);
  }

  makeTarget() {
    const { target } = this.setting;
    const { rows, columns } = this.picture;
    this.revealed = false;
    this.byHand = null;
    const isDrawn = target === "draw";
    const cells = isDrawn ? null : this.words.kernels[target === "secret" ? this.secret : target];
    this.hidden = cells && descent.squareKernel(cells.length, Float64Array.from(cells.flat()));
    this.target = isDrawn ? makeMaps(1, rows, columns) : descent.apply(this.picture, this.hidden);
  }

  another() {
    const others = this.names.filter((name) => name !== this.secret);
    this.secret = others[Math.floor(Math.random() * others.length)];
    this.begin();
  }

  clear() {
    this.makeTarget();
    this.restart();
  }

  // ---- by hand

  tryOut(kernel) {
    this.pause();
    this.startFrom(kernel);
    this.byHand = Math.min(this.byHand ?? Infinity, this.losses[0]);
    this.show();
  }

  // Draws on the target, or takes away where something was drawn; a drag goes on with what it began.
  drawAt(row, column, event) {
    const index = row * this.target.columns + column;
    if (event.type !== "pointermove") this.ink = this.target.values[index] ? 0 : 1;
    if (this.target.values[index] === this.ink) return;
    this.target.values[index] = this.ink;
    this.pause();
    this.startFrom(this.kernel);
    this.foreseeAndSay();
  }

  // ---- by gradient descent

  restart() {
    this.pause();
    this.startFrom(descent.firstKernel(this.setting.size, this.setting.seed));
    this.foreseeAndSay();
  }

  startFrom(kernel) {
    this.kernel = kernel;
    this.velocity = new Float64Array(kernel.values.length);
    this.losses = [descent.lossOf(this.picture, kernel, this.target)];
    this.end = "";
  }

  takeStep() {
    const { quadratic } = this.foreseen;
    Object.assign(this, descent.takeStep(this, descent.slopeOf(quadratic, this.kernel.values), this.setting));
    this.losses.push(descent.lossAt(quadratic, this.kernel.values));
    const [steps, loss] = [this.losses.length - 1, this.losses.at(-1)];
    const { zeros, least } = this.foreseen;
    const most = EXPLODED * Math.max(this.losses[0], zeros);
    if (!(loss <= most)) this.end = "exploded"; // also where it is no number
    else if (loss - least <= SETTLED * zeros) this.end = "found";
    else if (steps >= descent.MOST_STEPS) this.end = "stopped";
  }

  stepOnce() {
    this.pause();
    if (!this.end) this.takeStep();
    this.show();
  }

  play() {
    if (this.end) this.restart();
    this.owed = 0;
    this.playButton.textContent = this.words.pause;
    this.playing = requestAnimationFrame(() => this.goOn());
  }

  goOn() {
    if (!isInView(this.host)) return void this.pause();
    const start = performance.now();
    this.owed = Math.min(this.owed + this.setting.pace, this.setting.pace + 1);
    for (; this.owed >= 1 && !this.end && performance.now() - start < FRAME; this.owed--) this.takeStep();
    if (this.end) this.pause();
    else this.playing = requestAnimationFrame(() => this.goOn());
    this.show();
  }

  pause() {
    cancelAnimationFrame(this.playing);
    this.playing = null;
    this.playButton.textContent = this.words.find;
  }

  reveal() {
    this.revealed = !this.revealed;
    this.show();
  }

  // ---- what is shown

  foreseeAndSay() {
    const { words, setting } = this;
    this.foreseen = descent.foresee(this.picture, this.kernel, this.target);
    const said = descent.judge(this.foreseen, { ...setting, hidden: this.hidden });
    const written = said.map(([key, values]) => fill(words[key], { ...values, ...("share" in values ? { share: 100 * values.share } : {}) }));
    this.look.textContent = written.join(words.joiner);
    const limit = descent.greatestRate(this.foreseen.directions, setting.momentum);
    this.rate.slider.classList.toggle("beyond", setting.rate >= limit);
    this.show();
  }

  show() {
    const isDrawn = this.setting.target === "draw";
    this.cells.show(this.kernel);
    this.showMaps(isDrawn);
    this.showNumbers();
    this.showKernels();
    this.clearButton.hidden = !isDrawn;
    this.otherButton.hidden = this.setting.target !== "secret";
    this.revealButton.hidden = isDrawn;
    this.revealButton.textContent = this.revealed ? this.words.hide : this.words.reveal;
  }

  showMaps(isDrawn) {
    const { words, picture, target } = this;
    const result = descent.apply(picture, this.kernel);
    const limit = greatest(target.values) || 1;
    const draws = isDrawn ? { drag: true, hover() {}, click: (...at) => this.drawAt(...at), hint: words.draw_hint } : {};
    this.board.draw([
      { title: words.map_input, ...picture, scale: "grey", limit: 1, numbers: false },
      { title: words.map_result, ...result, limit, numbers: false },
      { title: isDrawn ? words.map_drawn : words.map_target, ...target, limit, numbers: false, ...draws },
      { title: words.map_difference, ...descent.minus(result, target), limit, numbers: false },
    ]);
  }

  showNumbers() {
    const { words, losses, foreseen } = this;
    const loss = losses.at(-1);
    this.lossLine.textContent = fill(this.byHand === null ? words.loss : words.loss_hand, { loss, hand: this.byHand ?? 0, zeros: foreseen.zeros });
    const levels = [
      { value: foreseen.least, words: words.least, colour: "var(--role-plain)", dash: "7 5" },
      { value: this.byHand ?? 0, words: words.by_hand, colour: "var(--role-linear)", dash: "2 4" },
    ];
    this.curve.draw(losses, levels);
    this.runLine.textContent = [this.describeRun(loss), this.describeGuess()].filter(Boolean).join(words.joiner);
  }

  describeRun(loss) {
    const { words, end, hidden } = this;
    const values = { steps: this.losses.length - 1, loss, least: this.foreseen.least };
    if (!values.steps) return words.not_yet;
    const distance = end && end !== "exploded" && hidden ? fill(words.apart, { apart: descent.apart(this.kernel, hidden) }) : "";
    return [fill(words[end ? `end_${end}` : "running"], values), distance].filter(Boolean).join(words.joiner);
  }

  describeGuess() {
    const { words, setting, losses, end, foreseen } = this;
    const reached = descent.firstBelow(losses, GOAL * foreseen.zeros);
    if (setting.guess === "" || losses.length === 1 || (reached === null && !end)) return "";
    const took = reached === null ? words.took_never : fill(words.took, { steps: reached, share: 100 * GOAL });
    const isRight = descent.groupOf(reached) === Number(setting.guess);
    return fill(isRight ? words.guess_right : words.guess_wrong, { took, guess: this.groups[Number(setting.guess)] });
  }

  showKernels() {
    const { words, kernel, hidden, foreseen, revealed } = this;
    const limit = Math.max(greatest(kernel.values), greatest(hidden?.values ?? foreseen.best.values));
    const settings = { limit, side: 150, most: 44 };
    const best = { title: words.map_best, ...foreseen.best, ...settings };
    const secret = hidden ? [{ title: words.map_hidden, caption: words.names[this.setting.target === "secret" ? this.secret : this.setting.target], ...hidden, ...settings }] : [];
    this.kernels.host.hidden = !(revealed || this.end);
    this.kernels.draw(revealed || this.end ? [{ title: words.map_kernel, ...kernel, ...settings }, ...secret, ...(hidden && foreseen.least === 0 && !foreseen.blind ? [] : [best])] : []);
  }

  // For a figure: what is shown, and the kernel, which stands in fields. Who has seen the hidden one knows the secret.
  tell() {
    const { words, setting, losses, foreseen } = this;
    if (!foreseen || !Number.isFinite(losses.at(-1)) || (this.takesScreen() && isOfBefore())) return null;
    const { maps } = this.kernels;
    const named = this.board.maps.map((map) => (map.title === words.map_drawn ? { ...map, title: words.map_target } : map)); // nobody draws on paper
    const kernels = maps.length ? maps : [{ title: words.map_kernel, ...this.kernel }];
    return {
      screen: this.takesScreen(),
      setting: nameSetting(setting, words, maps.length ? words.names[this.secret] : ""),
      said: [this.look, this.lossLine, this.runLine].map(({ textContent }) => textContent).filter(Boolean),
      rows: [packBoard({ label: words.label, maps: named }), packBoard({ label: words.kernel, maps: kernels })],
      curve: packCurve(losses, { least: foreseen.least, by_hand: this.byHand }),
    };
  }
}

export function mount(element) {
  whenOpened(element.querySelector(".lesson"), (host) => new Lesson(host));
}
