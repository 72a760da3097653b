// The matrix of numbers that a person edits: a grid of cells and its size. The value is a list of rows of text.
import { takeCells } from "../page/canvas.js";
import { colourOf } from "../page/colours.js";

let editor = null; // of this page

// The same numbers around the same centre: cut off or filled up with zeros on all sides.
export function resize(matrix, rows, columns) {
  const down = Math.floor(matrix.length / 2) - Math.floor(rows / 2);
  const right = Math.floor(matrix[0].length / 2) - Math.floor(columns / 2);
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (__, column) => matrix[row + down]?.[column + right] ?? "0"),
  );
}

// What explorer/convolution/kernels.py makes of a cell: {number}, or {problem} with the name of the sentence that says what is wrong.
// The grammar and the limit are its own.
export function readCell(written, { decimal, limit }) {
  const text = String(written ?? "").trim().replaceAll("\u2212", "-");
  if (text === "") return { problem: "cellEmpty" };
  if (/^[+-]?(inf(inity)?|nan)$/i.test(text)) return { problem: "cellTooLarge" };
  const found = new RegExp(`^(${decimal})(?:\\s*/\\s*(${decimal}))?$`, "i").exec(text);
  if (!found || Number(found[2] ?? 1) === 0) return { problem: "cellNotANumber" };
  const number = Number(found[1]) / Number(found[2] ?? 1);
  return Math.abs(number) <= limit ? { number } : { problem: "cellTooLarge" };
}

// The number in a cell, or NaN where it is refused.
export const numberOf = (written, grammar) => readCell(written, grammar).number ?? NaN;

// A long number as far as it fits into its cell; the whole number shows while it is edited.
export function shorten(written, columns) {
  const room = columns > 5 ? 5 : 6;
  if (written.length <= room || !Number.isFinite(Number(written))) return written;
  const rounded = Number(written).toFixed(room - 3);
  if (Number(rounded) !== 0) return rounded;
  return Number(written) === 0 ? "0" : Number(written).toExponential(columns > 5 ? 0 : 1).replace(".0e", "e");
}

class Editor {
  cells = [];
  typed = false; // whether someone typed since the last message to the page
  grid = document.createElement("div");

  constructor(host, props, trigger) {
    const words = JSON.parse(host.dataset.words);
    Object.assign(this, { props, trigger, words });
    this.grid.className = "kernel-grid";
    this.rows = this.buildChoice(words.rows);
    this.columns = this.buildChoice(words.columns);
    const sizes = document.createElement("div");
    sizes.className = "kernel-size";
    sizes.append(words.size, this.rows, "×", this.columns);
    host.append(sizes, this.grid);
  }

  buildChoice(label) {
    const choice = document.createElement("select");
    choice.setAttribute("aria-label", label);
    for (let size = 1; size <= this.words.maxSize; size++) choice.append(new Option(size, size));
    choice.addEventListener("change", () => {
      this.cells = resize(this.cells, Number(this.rows.value), Number(this.columns.value));
      this.build();
      this.send();
    });
    return choice;
  }

  build() {
    const columns = this.cells[0].length;
    this.rows.value = this.cells.length;
    this.columns.value = columns;
    this.grid.style.gridTemplateColumns = `repeat(${columns}, minmax(0, 1fr))`;
    this.grid.style.maxWidth = `${Math.max(64 * columns, 96)}px`;
    const fields = this.cells.flatMap((line, row) => line.map((_, column) => this.buildField(row, column)));
    this.grid.replaceChildren(...fields);
    this.tint();
  }

  buildField(row, column) {
    const field = document.createElement("input");
    const rest = () => {
      const whole = this.cells[row][column];
      field.value = shorten(whole, this.cells[0].length);
      field.title = field.value === whole ? "" : whole;
    };
    field.type = "text"; // a field of type "number" would swallow what is wrong instead of sending it
    field.spellcheck = false;
    field.autocomplete = "off";
    rest();
    field.setAttribute("aria-label", this.words.cell.replace("{row}", row + 1).replace("{column}", column + 1));
    field.addEventListener("focus", () => {
      field.value = this.cells[row][column];
      field.select();
    });
    field.addEventListener("blur", rest);
    field.addEventListener("input", () => this.change(row, column, field.value));
    field.addEventListener("keydown", (event) => this.step(event, row, column));
    return field;
  }

  // Arrow up and down count by one, as in a field of type "number".
  step(event, row, column) {
    const change = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    const number = numberOf(this.cells[row][column], this.words);
    if (!change || !Number.isFinite(number)) return;
    event.preventDefault();
    event.target.value = String(Number((number + change).toPrecision(6)));
    this.change(row, column, event.target.value);
  }

  change(row, column, written) {
    this.cells[row][column] = written;
    this.tint();
    this.send();
  }

  // The colours of the kernel's map; the accent of a problem where there is no number.
  tint() {
    const numbers = this.cells.flat().map((written) => numberOf(written, this.words));
    const greatest = Math.max(...numbers.map((number) => (Number.isFinite(number) ? Math.abs(number) : 0))) || 1;
    [...this.grid.children].forEach((field, index) => {
      const known = Number.isFinite(numbers[index]);
      const { background, ink } = colourOf(this.words.scale, known ? numbers[index] : 0, greatest);
      field.classList.toggle("problem", !known);
      field.style.background = known ? background : "";
      field.style.color = known ? ink : "";
    });
  }

  send() {
    this.typed = true;
    this.props.value = this.cells.map((line) => [...line]);
    this.trigger("input");
  }

  show() {
    const { value } = this.props;
    if (!Array.isArray(value) || JSON.stringify(value) === JSON.stringify(this.cells)) return;
    this.cells = value.map((line) => line.map(String));
    this.build();
  }

  // The filter that is clicked on the sheet of a network's fills the matrix, which stays the network's.
  takeFilter({ filters }, { row, column }) {
    const taken = filters.cells[Math.floor(row / filters.pitch) * filters.perRow + Math.floor(column / filters.pitch)];
    if (!taken) return;
    this.props.value = taken;
    this.show();
    this.trigger("submit");
  }
}

// Whether someone typed since this was last asked.
export function takeTyped() {
  const wasTyped = editor.typed;
  editor.typed = false;
  return wasTyped;
}

// The cells of a preset, undefined for any other kernel.
export const presetOf = (name) => editor.words.presets[name]?.map((line) => [...line]);

export function mount(element, props, watch, trigger) {
  editor = new Editor(element.querySelector(".kernel-editor"), props, trigger);
  const { takeFilter, show } = editor;
  takeCells("takeFilter", takeFilter.bind(editor));
  watch("value", show.bind(editor));
  editor.show();
}
