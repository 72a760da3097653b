// The matrix of numbers that a person edits: a grid of cells and its size. The value is a list of rows of text.
const host = element.querySelector(".kernel-editor");
const words = JSON.parse(host.dataset.words);
const MAX_SIZE = 7;
const DECIMAL = "[+-]?(?:[0-9]+(?:\\.[0-9]*)?|\\.[0-9]+)(?:e[+-]?[0-9]+)?"; // as kernels.py has it
const NUMBER = new RegExp(`^(${DECIMAL})(?:\\s*/\\s*(${DECIMAL}))?$`, "i");
let cells = [];
let typed = false; // whether someone typed since the page was last told so

const grid = document.createElement("div");
grid.className = "kernel-grid";
const rowsChoice = buildChoice(words.rows);
const columnsChoice = buildChoice(words.columns);
const sizes = document.createElement("div");
sizes.className = "kernel-size";
sizes.append(words.size, rowsChoice, "×", columnsChoice);
host.append(sizes, grid);

function buildChoice(label) {
  const choice = document.createElement("select");
  choice.setAttribute("aria-label", label);
  for (let size = 1; size <= MAX_SIZE; size++) choice.append(new Option(size, size));
  choice.addEventListener("change", () => {
    cells = resize(cells, Number(rowsChoice.value), Number(columnsChoice.value));
    build();
    send();
  });
  return choice;
}

// The same numbers around the same centre: cut off or filled up with zeros on all sides.
function resize(matrix, rows, columns) {
  const down = Math.floor(matrix.length / 2) - Math.floor(rows / 2);
  const right = Math.floor(matrix[0].length / 2) - Math.floor(columns / 2);
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (__, column) => matrix[row + down]?.[column + right] ?? "0"),
  );
}

// The number that explorer/convolution/kernels.py will read, or NaN where it refuses it.
function numberOf(written) {
  const found = NUMBER.exec(written.trim().replaceAll("\u2212", "-"));
  const number = found ? Number(found[1]) / Number(found[2] ?? 1) : NaN;
  return Math.abs(number) <= words.limit ? number : NaN;
}

// The colours of the kernel's map; the accent of a problem where there is no number.
function tint() {
  const numbers = cells.flat().map(numberOf);
  const greatest = Math.max(...numbers.map((number) => (Number.isFinite(number) ? Math.abs(number) : 0))) || 1;
  [...grid.children].forEach((field, index) => {
    const known = Number.isFinite(numbers[index]);
    const { background, ink } = window.cnnExplorer.colourOf(words.scale, known ? numbers[index] : 0, greatest);
    field.classList.toggle("problem", !known);
    field.style.background = known ? background : "";
    field.style.color = known ? ink : "";
  });
}

// A long number as far as it fits into its cell; the whole number shows while it is edited.
function shorten(written) {
  const room = cells[0].length > 5 ? 5 : 6;
  if (written.length <= room || !Number.isFinite(Number(written))) return written;
  const rounded = Number(written).toFixed(room - 3);
  if (Number(rounded) !== 0) return rounded;
  return Number(written) === 0 ? "0" : Number(written).toExponential(0);
}

function build() {
  rowsChoice.value = cells.length;
  columnsChoice.value = cells[0].length;
  grid.style.gridTemplateColumns = `repeat(${cells[0].length}, minmax(0, 1fr))`;
  grid.style.maxWidth = `${Math.max(64 * cells[0].length, 96)}px`;
  grid.replaceChildren(
    ...cells.flatMap((line, row) =>
      line.map((written, column) => {
        const field = document.createElement("input");
        field.type = "text"; // a field of type "number" would swallow what is wrong instead of sending it
        field.spellcheck = false;
        field.autocomplete = "off";
        field.value = shorten(written);
        field.setAttribute("aria-label", words.cell.replace("{row}", row + 1).replace("{column}", column + 1));
        field.addEventListener("focus", () => {
          field.value = cells[row][column];
          field.select();
        });
        field.addEventListener("blur", () => (field.value = shorten(cells[row][column])));
        field.addEventListener("input", () => {
          cells[row][column] = field.value;
          tint();
          send();
        });
        field.addEventListener("keydown", (event) => step(event, row, column));
        return field;
      }),
    ),
  );
  tint();
}

// Arrow up and down count by one, as in a field of type "number".
function step(event, row, column) {
  const change = { ArrowUp: 1, ArrowDown: -1 }[event.key];
  const number = numberOf(cells[row][column]);
  if (!change || !Number.isFinite(number)) return;
  event.preventDefault();
  cells[row][column] = event.target.value = String(Number((number + change).toPrecision(6)));
  tint();
  send();
}

function send() {
  typed = true;
  props.value = cells.map((line) => [...line]);
  trigger("input");
}

window.cnnExplorer.takeTyped = () => {
  const wasTyped = typed;
  typed = false;
  return wasTyped;
};

// The cells of a preset, undefined for any other kernel.
window.cnnExplorer.presetOf = (name) => words.presets[name]?.map((line) => [...line]);

// A click on the sheet of a network's filters: the one that is clicked fills the matrix, which stays the network's.
window.cnnExplorer.takeFilter = ({ filters }, { row, column }) => {
  const taken = filters.cells[Math.floor(row / filters.pitch) * filters.perRow + Math.floor(column / filters.pitch)];
  if (!taken) return;
  props.value = taken;
  show();
  trigger("submit");
};

function show() {
  const value = props.value;
  if (!Array.isArray(value) || JSON.stringify(value) === JSON.stringify(cells)) return;
  cells = value.map((line) => line.map(String));
  build();
}

watch("value", show);
show();
