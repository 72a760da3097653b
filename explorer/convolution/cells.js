// A small grid of numbers that is edited in the page: by typing, by arrow up and down, or by the slider below it for the chosen cell.
import { inkOn, shadeOf, shadesOf } from "../page/colours.js";
import { clamp } from "../page/pointing.js";
import { build, greatest } from "./board.js";

const [REACH, STEP, MOST] = [4, 0.05, 100]; // of the slider; of a key; what may be typed

// A typed number or fraction, NaN where it is none or too large.
export function readNumber(written) {
  const parts = written.trim().replaceAll("−", "-").split("/");
  if (parts.length > 2 || parts.some((part) => !/^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(part))) return NaN;
  const number = parts.length === 1 ? Number(parts[0]) : Number(parts[0]) / Number(parts[1]);
  return Math.abs(number) <= MOST ? number : NaN;
}

// In at most six signs, as long as the exponent has one digit.
export function writeNumber(number) {
  if (!Number.isFinite(number)) return "∞";
  const size = Math.abs(number);
  if (size >= 99999.5) return number.toExponential(1).replace(".0e", "e").replace("e+", "e").replace("-", "−");
  const digits = size < 1 ? number.toFixed(3) : size < 999.5 ? number.toPrecision(3) : number.toFixed();
  const written = String(Number(digits));
  return (written === "-0" ? "0" : written).replace("-", "−");
}

export class CellGrid {
  chosen = 0;
  host = build("div", "cells");
  grid = build("div", "cell-grid");
  slider = Object.assign(document.createElement("input"), { type: "range", min: -REACH, max: REACH, step: STEP });

  constructor(words, scale, onChange) {
    Object.assign(this, { words, onChange, shades: shadesOf(scale) });
    this.slider.addEventListener("input", () => this.change(this.chosen, Number(this.slider.value), true));
    this.host.append(this.grid, this.slider);
  }

  // Shows a kernel; the cell that is being typed into stays as it is typed.
  show(kernel) {
    const isOther = this.kernel?.rows !== kernel.rows || this.kernel?.columns !== kernel.columns;
    this.kernel = kernel;
    if (isOther) this.rebuild();
    kernel.values.forEach((value, index) => {
      const field = this.grid.children[index];
      if (field !== this.typedInto) field.value = writeNumber(value);
      field.title = Number.isFinite(value) ? String(Number(value.toPrecision(7))).replaceAll("-", "−") : ""; // all that float32 holds
    });
    this.tint();
  }

  rebuild() {
    const { rows, columns } = this.kernel;
    this.chosen = Math.min(this.chosen, rows * columns - 1);
    this.grid.style.gridTemplateColumns = `repeat(${columns}, minmax(0, ${columns > 5 ? 46 : 58}px))`;
    this.grid.replaceChildren(...Array.from({ length: rows * columns }, (_, index) => this.buildField(index)));
  }

  buildField(index) {
    const field = Object.assign(document.createElement("input"), { type: "text", spellcheck: false, autocomplete: "off", inputMode: "text" });
    const { columns } = this.kernel;
    const name = this.words.cell.replace("{row}", Math.floor(index / columns) + 1).replace("{column}", (index % columns) + 1);
    field.setAttribute("aria-label", name);
    field.addEventListener("focus", () => {
      this.chosen = index;
      this.tint();
    });
    field.addEventListener("input", () => {
      this.typedInto = field;
      const number = readNumber(field.value);
      field.classList.toggle("problem", Number.isNaN(number));
      if (!Number.isNaN(number)) this.change(index, number);
    });
    field.addEventListener("blur", () => {
      this.typedInto = null;
      field.classList.remove("problem");
      field.value = writeNumber(this.kernel.values[index]);
    });
    field.addEventListener("keydown", (event) => this.press(event, index));
    return field;
  }

  press(event, index) {
    const change = { ArrowUp: 2 * STEP, ArrowDown: -2 * STEP }[event.key];
    if (!change) return;
    event.preventDefault();
    this.typedInto = null;
    this.change(index, Number((this.kernel.values[index] + change).toFixed(6)));
  }

  change(index, number) {
    const values = Float64Array.from(this.kernel.values);
    values[index] = clamp(number, -MOST, MOST);
    this.onChange({ ...this.kernel, values });
  }

  tint() {
    const limit = greatest(this.kernel.values) || 1;
    [...this.grid.children].forEach((field, index) => {
      const value = this.kernel.values[index];
      const shade = shadeOf(Number.isFinite(value) ? value : 0, limit, true);
      const colour = this.shades.slice(shade, shade + 3);
      const isWrong = field.classList.contains("problem");
      field.style.background = isWrong ? "" : `rgb(${colour})`;
      field.style.color = isWrong ? "" : inkOn(...colour);
      field.classList.toggle("chosen", index === this.chosen);
    });
    this.slider.value = this.kernel.values[this.chosen];
    this.slider.setAttribute("aria-label", this.grid.children[this.chosen].getAttribute("aria-label"));
  }
}
