// One window after the other, in reading order: play, pause, single steps, a slider for time, and how fast.
import { makeButton } from "../page/buttons.js";

const SPEEDS = [1, 4, 15, 60]; // windows a second
const CALM = 4; // the greatest of those for a reader who wants less motion
const USUAL = 4;
export const PARTS = ["place", "window", "sum"]; // of one turn of the loop, which light up one after the other
const SLOW = 4; // windows a second up to which they do so; faster, the last one stays lit

// The cell at a time, and the time of a cell.
export const cellAt = (time, columns) => [Math.floor(time / columns), time % columns];
export const timeOf = ([row, column], columns) => row * columns + column;

// Which parts of a turn of the loop are shown, and how many ms each.
export function partsOf(speed) {
  const parts = speed <= SLOW ? PARTS : PARTS.slice(-1);
  return parts.map((part) => ({ part, pause: 1000 / speed / parts.length }));
}

// Calls `show(time, part)` for each part of each window; `part` is null when it stands still.
export class Player {
  time = 0;
  count = 1;
  timer = null;
  isFresh = true; // whether it begins at the start: nobody has chosen a window yet

  constructor(host, words, show) {
    Object.assign(this, { words, show });
    const isCalm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.back = makeButton("\u2039", () => this.step(-1), { label: words.stepBack });
    this.button = makeButton(words.play, () => this.toggle(), { className: "play" });
    this.on = makeButton("\u203a", () => this.step(1), { label: words.on });
    this.slider = this.buildSlider();
    this.place = document.createElement("span");
    this.place.className = "player-place";
    this.speed = this.buildSpeed(SPEEDS.filter((speed) => !isCalm || speed <= CALM));
    host.setAttribute("role", "group");
    host.setAttribute("aria-label", words.player);
    host.append(this.back, this.button, this.on, this.slider, this.place, this.speed);
  }

  buildSlider() {
    const slider = document.createElement("input");
    Object.assign(slider, { type: "range", min: 0, step: 1, value: 0 });
    slider.setAttribute("aria-label", this.words.time);
    slider.addEventListener("input", () => this.goTo(Number(slider.value)));
    return slider;
  }

  buildSpeed(speeds) {
    const choice = document.createElement("select");
    choice.setAttribute("aria-label", this.words.speed);
    for (const speed of speeds) choice.append(new Option(this.words.perSecond.replace("{count}", speed), speed));
    choice.value = USUAL;
    return choice;
  }

  get isPlaying() {
    return this.timer !== null;
  }

  // Another number of windows, or another one that is pointed at.
  set(time, count) {
    [this.time, this.count] = [Math.min(time, count - 1), count];
    this.slider.max = count - 1;
    this.slider.value = this.time;
    const words = this.words.place.replace("{number}", this.time + 1).replace("{count}", count);
    this.slider.setAttribute("aria-valuetext", words);
    this.place.textContent = `${this.time + 1} / ${count}`;
  }

  goTo(time) {
    this.pause();
    this.set(Math.min(Math.max(time, 0), this.count - 1), this.count);
    this.show(this.time, null);
  }

  step(by) {
    this.goTo(this.time + by);
  }

  toggle() {
    if (this.isPlaying) return this.pause();
    if (this.isFresh || this.time + 1 >= this.count) this.set(0, this.count);
    this.isFresh = false;
    this.button.textContent = this.words.pause;
    this.turn(partsOf(Number(this.speed.value)));
  }

  // One part of a window after the other, then the next window.
  turn([{ part, pause }, ...rest]) {
    this.show(this.time, part);
    this.timer = window.setTimeout(() => {
      if (!this.button.isConnected) return this.pause();
      if (rest.length > 0) return this.turn(rest);
      if (this.time + 1 >= this.count) return this.goTo(this.time);
      this.set(this.time + 1, this.count);
      this.turn(partsOf(Number(this.speed.value)));
    }, pause);
  }

  pause() {
    window.clearTimeout(this.timer);
    this.timer = null;
    this.button.textContent = this.words.play;
  }
}
