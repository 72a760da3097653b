// "Four ways, one answer": the matrix whose columns are the windows, beside the picture that they come from.
import { conv2d, linesOf, pad, unfold } from "./arithmetic.js";
import { Board, build, fill, greatest, whenOpened, wordsOf } from "./board.js";
import { followScreen, onScreen } from "./screen.js";
import { makeButton } from "../page/buttons.js";

const [MOST_COLUMNS, CHOSEN] = [144, "#d55e00"]; // windows that are drawn: more of them could not be told apart

class Ways {
  chosen = 0;

  constructor(host, props, trigger) {
    Object.assign(this, { host, words: wordsOf(host) });
    const { words } = this;
    this.picture = new Board(words.scales, words.picture, { most: 240 });
    this.matrix = new Board(words.scales, words.matrix, { most: 1100, phone: 1 });
    this.line = build("p", "numbers");
    const buttons = build("div", "buttons");
    const act = () => {
      const { picture, kernel, moves } = onScreen();
      props.value = { picture: linesOf(picture), kernel: linesOf(kernel), ...moves };
      trigger("input");
    };
    buttons.append(makeButton(words.measure, act, { className: "main" }));
    host.append(this.picture.host, this.line, this.matrix.host, buttons);
    followScreen(host, () => this.draw());
    this.draw();
  }

  draw() {
    const { words } = this;
    const screen = onScreen();
    if (!screen) return;
    const { picture, kernel, moves } = screen;
    const [padded, result, whole] = [pad(picture, moves), conv2d(picture, kernel, null, moves), unfold(picture, kernel, moves)];
    const count = Math.min(MOST_COLUMNS, whole.columns);
    const first = (whole.columns - count) >> 1; // those in the middle: at the border there is often nothing to see
    const isShown = this.chosen >= first && this.chosen < first + count;
    if (!isShown) this.chosen = first;
    const lines = linesOf(whole).map((line) => line.slice(first, first + count));
    const at = this.chosen - first;
    const point = (_, column) => {
      this.chosen = first + column;
      this.draw();
    };
    this.picture.draw([
      { title: words.picture, ...padded, scale: "grey", limit: 1, boxes: this.boxesOn(result, kernel, moves) },
      { title: words.row, rows: 1, columns: kernel.values.length, values: kernel.values, limit: greatest(kernel.values) },
    ]);
    const part = count < whole.columns ? [fill(words.part, { shown: count })] : [];
    this.line.textContent = [fill(words.shape, { cells: whole.rows, places: whole.columns }), ...part].join(words.joiner);
    this.matrix.draw([
      { title: words.matrix, rows: whole.rows, columns: count, values: lines.flat(), scale: "grey", limit: 1, boxes: [[0, at, whole.rows, at + 1, CHOSEN, 2]], hover: point, hint: words.hint },
      { title: words.result, rows: 1, columns: count, values: result.values.slice(first, first + count), limit: greatest(result.values), boxes: [[0, at, 1, at + 1, CHOSEN, 2]], hover: point },
    ], 1);
  }

  // The cells of the chosen window.
  boxesOn(result, kernel, { stride, dilation }) {
    const [row, column] = [Math.floor(this.chosen / result.columns) * stride[0], (this.chosen % result.columns) * stride[1]];
    return Array.from(kernel.values, (_, index) => {
      const [down, right] = [row + Math.floor(index / kernel.columns) * dilation[0], column + (index % kernel.columns) * dilation[1]];
      return [down, right, down + 1, right + 1, CHOSEN, 2];
    });
  }
}

export function mount(element, props, watch, trigger) {
  whenOpened(element.querySelector(".ways"), (host) => new Ways(host, props, trigger));
}
