// Points out one window: outlines it on the input, marks its cell on both results, and writes out its sum.
// It listens to the canvases of the main picture (explorer/page/canvas.js), in the order input, kernel, loop, PyTorch.
const PICTURE = "convolution-maps";
const [INPUT, KERNEL, LOOP, TORCH] = [0, 1, 2, 3];
const MOST_TERMS = 9;
const SVG = "http://www.w3.org/2000/svg";

const line = element.querySelector(".window-sum");
let cell = null; // [row, column] of the result
let chosen = false; // whether a person pointed at it
let shape = ""; // sizes of input and result: where they change, the cell pointed at before means nothing

const outlines = document.createElementNS(SVG, "svg");
outlines.setAttribute("class", "window-outlines");
Object.assign(outlines.style, { position: "absolute", inset: 0, width: "100%", height: "100%", overflow: "visible" });
Object.assign(outlines.style, { pointerEvents: "none", zIndex: 10 });

const mapsOf = () => document.querySelector(`#${PICTURE} .maps`);

function format(number) {
  return String(Number(number.toPrecision(3))).replace("-", "\u2212");
}

// Numbers below zero stand in brackets after a sign.
const bracket = (number) => (number < 0 ? `(${format(number)})` : format(number));

function termsOf({ padded, kernel, stride, dilation }, [row, column]) {
  return kernel.flatMap((weights, down) =>
    weights.map((weight, right) => ({
      pixel: padded[row * stride + down * dilation][column * stride + right * dilation],
      weight,
      top: row * stride + down * dilation,
      left: column * stride + right * dilation,
    })),
  );
}

function outline(canvas, rows, columns, [top, left, bottom, right], kind) {
  const [box, origin] = [canvas.getBoundingClientRect(), outlines.getBoundingClientRect()];
  const [width, height] = [box.width / columns, box.height / rows];
  const place = [
    box.left - origin.left + left * width,
    box.top - origin.top + top * height,
    (right - left) * width,
    (bottom - top) * height,
  ];
  const thickness = kind === "tap" ? 1 : width < 14 ? 2 : 3;
  // A white edge under the colour keeps an outline visible on any map.
  for (const [colour, more] of [["rgba(255, 255, 255, 0.9)", 2], ["var(--role-kernel)", 0]]) {
    const rect = document.createElementNS(SVG, "rect");
    ["x", "y", "width", "height"].forEach((name, index) => rect.setAttribute(name, place[index]));
    rect.style.cssText = `fill: none; stroke: ${colour}; stroke-width: ${thickness + more}px`;
    outlines.append(rect);
  }
}

function drawOutlines(value, terms) {
  const host = mapsOf();
  const canvases = host?.querySelectorAll("canvas");
  if (!canvases || canvases.length <= TORCH) return;
  canvases[LOOP].tabIndex = 0;
  canvases[LOOP].setAttribute("role", "img");
  canvases[LOOP].setAttribute("aria-label", value.words.keys);
  host.setAttribute("role", "group"); // an image hides what lies in it from those who hear the page
  host.append(outlines);
  outlines.replaceChildren();
  const { padded, kernel, result } = value;
  const [rows, columns] = [padded.length, padded[0].length];
  const last = terms[terms.length - 1];
  outline(canvases[INPUT], rows, columns, [terms[0].top, terms[0].left, last.top + 1, last.left + 1], "window");
  if (value.dilation > 1 && kernel.flat().length > 1) {
    for (const { top, left } of terms) {
      outline(canvases[INPUT], rows, columns, [top, left, top + 1, left + 1], "tap");
    }
  }
  for (const map of [LOOP, TORCH]) {
    const [row, column] = cell;
    outline(canvases[map], result.length, result[0].length, [row, column, row + 1, column + 1], "window");
  }
}

function write(value, terms) {
  const shown = terms.slice(0, MOST_TERMS).map(({ pixel, weight }) => `${bracket(pixel)}·${bracket(weight)}`);
  const rest = terms.length - shown.length;
  if (rest > 0) shown.push(value.words.more.replace("{count}", rest));
  const sum = document.createElement("b");
  sum.textContent = format(value.result[cell[0]][cell[1]]);
  line.replaceChildren(`${shown.join(" + ")} = `, sum);
  line.title = value.words.hint;
}

function show() {
  const value = props.value;
  if (!value?.result) return;
  const [rows, columns] = [value.result.length, value.result[0].length];
  const newShape = [value.padded.length, value.padded[0].length, rows, columns].join();
  if (!chosen || newShape !== shape) [cell, chosen] = [value.cell, false];
  shape = newShape;
  const terms = termsOf(value, cell);
  write(value, terms);
  drawOutlines(value, terms);
}

function point(event) {
  const host = mapsOf();
  const index = host ? [...host.querySelectorAll("canvas")].indexOf(event.target) : -1;
  if (index < 0 || index === KERNEL || !props.value?.result) return;
  const { result, padded, stride, kernel, dilation } = props.value;
  const box = event.target.getBoundingClientRect();
  const map = index === INPUT ? padded : result;
  let row = Math.floor(((event.clientY - box.top) / box.height) * map.length);
  let column = Math.floor(((event.clientX - box.left) / box.width) * map[0].length);
  if (index === INPUT) {
    // The window whose middle is nearest to the pointer.
    row = Math.round((row - (dilation * (kernel.length - 1)) / 2) / stride);
    column = Math.round((column - (dilation * (kernel[0].length - 1)) / 2) / stride);
  }
  choose(row, column);
}

function choose(row, column) {
  const { result } = props.value;
  cell = [Math.min(Math.max(row, 0), result.length - 1), Math.min(Math.max(column, 0), result[0].length - 1)];
  chosen = true;
  show();
}

// The arrow keys move the window while the loop's result has the keyboard.
function step(event) {
  const move = window.cnnExplorer.ARROWS[event.key];
  if (!move || window.cnnExplorer.isShortcut(event) || !cell || !props.value?.result) return;
  event.preventDefault();
  choose(cell[0] + move[0], cell[1] + move[1]);
}

// The picture may come into the page after this line, and its canvases move when the width changes.
function attach() {
  const host = mapsOf();
  if (!host) return requestAnimationFrame(attach);
  host.addEventListener("pointermove", point);
  host.addEventListener("pointerdown", point);
  host.addEventListener("keydown", step);
  new ResizeObserver(() => requestAnimationFrame(show)).observe(host);
  show();
}

// The canvases take their new sizes in the same turn; outlines follow in the next frame.
watch("value", () => requestAnimationFrame(show));
attach();
