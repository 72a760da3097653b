// The picture that a reader moves, turns and covers. The value is {shown, right, down, degrees}: what the server made of it
// and of which state; the reader's own state goes to the value "classifier.moves".
import { base64Of, bytesOf, paintGrey } from "../page/drawing.js";
import { ARROWS, clamp, isShortcut, placeAt } from "../page/pointing.js";
import { setValue } from "../page/values.js";

const SIDE = 28;
const CELL = 10; // px
const PAUSE = 80; // ms between two reports while a pointer moves
const STEP = 5; // degrees
const MOST = SIDE - 1; // pixels to either side

export const STILL = Object.freeze({ right: 0, down: 0, degrees: 0, covered: Object.freeze([]) });

// ---- the state --------------------------------------------------------------------------------------------------

export const shift = (state, [down, right]) => ({
  ...state,
  right: clamp(state.right + right, -MOST, MOST),
  down: clamp(state.down + down, -MOST, MOST),
});

// Degrees from -180 to 180.
export const turn = (state, degrees) => ({ ...state, degrees: ((state.degrees + degrees + 540) % 360) - 180 });

// With the cells around [row, column] covered, those two steps away at the corners apart.
export function cover(state, [row, column]) {
  const covered = new Set(state.covered);
  for (let y = Math.max(row - 1, 0); y <= Math.min(row + 1, MOST); y++)
    for (let x = Math.max(column - 1, 0); x <= Math.min(column + 1, MOST); x++) covered.add(y * SIDE + x);
  return { ...state, covered: [...covered].sort((a, b) => a - b) };
}

// The angle of the line from one pointer to another on the screen, degrees clockwise.
export const angleOf = ([one, other]) =>
  (Math.atan2(other.clientY - one.clientY, other.clientX - one.clientX) * 180) / Math.PI;

// As the server reads it: the covered pixels as base64 of a bit each, row by row; "" for none.
export function written({ covered, ...place }) {
  const bytes = new Uint8Array((SIDE * SIDE) / 8);
  covered.forEach((index) => (bytes[index >> 3] |= 128 >> (index & 7)));
  return { ...place, covered: covered.length > 0 ? base64Of(bytes) : "" };
}

// ---- the page ---------------------------------------------------------------------------------------------------

let isOpen = false;
let pad = null;

class Pad {
  state = STILL;
  shown = null;
  isCovering = false;
  pens = new Map(); // the pointers that are down: number -> their last event
  last = null; // the place where the only one was
  brush = [SIDE / 2, SIDE / 2]; // what the space bar covers
  reported = 0;

  constructor(host) {
    this.host = host;
    this.sheet = host.querySelector("canvas");
    const ratio = window.devicePixelRatio || 1;
    this.sheet.width = this.sheet.height = SIDE * CELL * ratio;
    this.context = this.sheet.getContext("2d");
    this.context.scale(ratio, ratio);
    this.context.imageSmoothingEnabled = false;
  }

  // What the server showed last, moved on by what has happened since.
  draw() {
    const { context, state, shown } = this;
    const size = SIDE * CELL;
    context.fillStyle = "#000000";
    context.fillRect(0, 0, size, size);
    if (!shown) return;
    context.save();
    context.translate((state.right - shown.right) * CELL + size / 2, (state.down - shown.down) * CELL + size / 2);
    context.rotate(((state.degrees - shown.degrees) * Math.PI) / 180);
    context.drawImage(paintGrey(SIDE, bytesOf(shown.shown)), -size / 2, -size / 2, size, size);
    context.restore();
    context.fillStyle = "rgba(213, 94, 0, 0.55)"; // so that a reader sees what he covered, black on black as well
    state.covered.forEach((index) =>
      context.fillRect((index % SIDE) * CELL + 3, Math.floor(index / SIDE) * CELL + 3, CELL - 6, CELL - 6),
    );
    if (this.isCovering && document.activeElement === this.sheet) this.drawBrush();
  }

  drawBrush() {
    const [top, left] = this.brush.map((place) => (place - 1) * CELL);
    for (const [colour, width] of [["#000000", 5], ["#ffffff", 2]]) {
      this.context.strokeStyle = colour;
      this.context.lineWidth = width;
      this.context.strokeRect(left, top, 3 * CELL, 3 * CELL);
    }
  }

  set(state) {
    this.state = state;
    this.draw();
  }

  report() {
    this.reported = performance.now();
    setValue("classifier.moves", written(this.state));
  }

  begin(event) {
    if (event.button !== 0 || this.pens.size === 2) return;
    this.sheet.setPointerCapture(event.pointerId);
    this.pens.set(event.pointerId, event);
    this.last = this.placeOf(event);
    if (this.pens.size === 1) this.move(event);
  }

  placeOf(event) {
    return placeAt(this.sheet.getBoundingClientRect(), SIDE, SIDE, event);
  }

  move(event) {
    if (!this.pens.has(event.pointerId)) return;
    if (this.pens.size === 2) return this.turnBy(event);
    const place = this.placeOf(event);
    if (this.isCovering) this.set(cover(this.state, place));
    else this.set(shift(this.state, [place[0] - this.last[0], place[1] - this.last[1]]));
    this.last = place;
    this.reportNow();
  }

  // Two fingers turn the picture.
  turnBy(event) {
    const before = angleOf([...this.pens.values()]);
    const pens = new Map(this.pens).set(event.pointerId, event);
    const degrees = Math.round(turn({ degrees: 0 }, angleOf([...pens.values()]) - before).degrees);
    if (degrees === 0) return; // small turns add up
    this.pens = pens;
    this.set(turn(this.state, degrees));
    this.reportNow();
  }

  reportNow() {
    if (performance.now() - this.reported > PAUSE) this.report();
  }

  end(event) {
    if (!this.pens.delete(event.pointerId)) return;
    const [left] = this.pens.values();
    if (left) this.last = this.placeOf(left); // the other finger moves it from where it is
    this.report();
  }

  press(event) {
    if (isShortcut(event)) return;
    const turned = { "[": -STEP, "]": STEP }[event.key];
    const step = ARROWS[event.key];
    if (step && this.isCovering) this.moveBrush(step);
    else if (step) this.set(shift(this.state, step));
    else if (turned) this.set(turn(this.state, turned));
    else if (event.key === " " && this.isCovering) this.set(cover(this.state, this.brush));
    else return;
    event.preventDefault();
    this.report();
  }

  moveBrush(step) {
    this.brush = this.brush.map((place, axis) => clamp(place + step[axis], 0, MOST));
    this.draw();
  }

  wheel(event) {
    if (document.activeElement !== this.sheet) return; // else the page scrolls
    event.preventDefault();
    this.set(turn(this.state, Math.sign(event.deltaY) * STEP));
    this.report();
  }

  choose(name) {
    if (name === "move" || name === "cover") {
      this.isCovering = name === "cover";
      for (const each of ["move", "cover"])
        this.host.querySelector(`[data-act=${each}]`).setAttribute("aria-pressed", String(each === name));
      this.draw();
      return;
    }
    const left = { left: -STEP, right: STEP }[name];
    this.set(left ? turn(this.state, left) : STILL);
    this.report();
  }
}

export function mount(element, props, watch) {
  pad = new Pad(element.querySelector(".pad"));
  const { sheet } = pad;
  sheet.addEventListener("pointerdown", (event) => pad.begin(event));
  sheet.addEventListener("pointermove", (event) => pad.move(event));
  for (const end of ["pointerup", "pointercancel"]) sheet.addEventListener(end, (event) => pad.end(event));
  for (const change of ["focus", "blur"]) sheet.addEventListener(change, () => pad.draw());
  sheet.addEventListener("keydown", (event) => pad.press(event));
  sheet.addEventListener("wheel", (event) => pad.wheel(event), { passive: false });
  pad.host.querySelectorAll("[data-act]").forEach((button) =>
    button.addEventListener("click", () => pad.choose(button.dataset.act)),
  );
  const show = () => {
    if (props.value?.shown) pad.shown = props.value;
    pad.draw();
  };
  watch("value", show);
  show();
  if (isOpen) pad.report(); // what is in a closed section is built when it opens
}

// The trial is computed only while it is looked at.
export function openTrial(open) {
  isOpen = open;
  if (isOpen) pad?.report();
}

// Another picture or another network: what was done to the one before is done to it as well.
export function tryAgain() {
  if (isOpen) pad?.report();
}
