// A line chart that the page draws itself: values on a logarithmic scale over steps, with level lines.
import { say } from "./board.js";

const SVG = "http://www.w3.org/2000/svg";
const [LEFT, RIGHT, TOP, BOTTOM] = [64, 12, 10, 44]; // px around the drawing
const MOST_POINTS = 400;

// The powers of ten around these values, [exponent of the lowest, of the highest]; at least one decade.
export function decadesOf(values, most = 9) {
  const logs = values.filter((value) => value > 0 && Number.isFinite(value)).map(Math.log10);
  if (!logs.length) return [-1, 0];
  const high = Math.ceil(Math.max(...logs) - 1e-9) + 0; // no -0
  const lowest = Math.floor(Math.min(...logs) + 1e-9);
  return [Math.max(high - Math.max(most, high - Math.floor(logs[0] + 1e-9)), Math.min(high - 1, lowest)), high]; // the first value is always there
}

// Few whole numbers from 0 to `most`, evenly apart.
export function stepsOf(most, count = 5) {
  const rough = Math.max(1, most / count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const apart = Math.max(1, [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= rough));
  return Array.from({ length: Math.floor(most / apart) + 1 }, (_, index) => index * apart);
}

// As many of the values as can be told apart, the last among them: [step, value].
export function thin(values, most = MOST_POINTS) {
  const apart = Math.max(1, Math.ceil(values.length / most));
  return values.flatMap((value, step) => (step % apart === 0 || step === values.length - 1 ? [[step, value]] : []));
}

// px from the top at which the words of level lines stand, close above their lines, and never on one another.
export function stackWords(lines, apart = 17) {
  const places = [];
  let free = Infinity;
  for (const index of [...lines.keys()].sort((a, b) => lines[b] - lines[a])) {
    places[index] = Math.min(lines[index] - 5, free);
    free = places[index] - apart;
  }
  return places;
}

function element(name, attributes, text = "") {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = text;
  return made;
}

export class Curve {
  constructor({ x, y, label }) {
    this.words = { x, y };
    this.svg = element("svg", { class: "curve", role: "img", "aria-label": label });
    this.size = { width: 0, height: 0 };
    new ResizeObserver(([{ contentRect }]) => {
      this.size = contentRect; // kept: to ask while the page changes would lay out all of it
      if (this.shown) this.draw(...this.shown);
    }).observe(this.svg);
  }

  // `values` one a step; `levels` are {value, words, colour, dash}.
  draw(values, levels) {
    this.shown = [values, levels];
    const { width, height } = this.size;
    if (!width) return;
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const [low, high] = decadesOf([...values, ...levels.map(({ value }) => value)]);
    const last = Math.max(10, values.length - 1);
    const x = (step) => LEFT + ((width - LEFT - RIGHT) * step) / last;
    const y = (value) => TOP + ((height - TOP - BOTTOM) * (high - Math.max(low, Math.min(high, Math.log10(value))))) / (high - low);
    const points = thin(values).filter(([, value]) => value > 0 && Number.isFinite(value));
    const path = points.map(([step, value]) => `${x(step).toFixed(1)},${y(value).toFixed(1)}`).join(" ");
    const head = points.at(-1);
    const drawn = levels.filter(({ value }) => value > 0 && Math.log10(value) >= low);
    const words = stackWords(drawn.map(({ value }) => y(value)));
    this.svg.replaceChildren(
      ...this.axes({ low, high, last, x, y, width, height }),
      ...drawn.flatMap((level, index) => drawLevel(level, y(level.value), words[index], width - RIGHT)),
      element("polyline", { points: path, class: "line" }),
      ...(head ? [element("circle", { cx: x(head[0]), cy: y(head[1]), r: 4, class: "head" })] : []),
    );
  }

  axes({ low, high, last, x, y, width, height }) {
    const every = Math.ceil((high - low) / 5);
    const powers = Array.from({ length: high - low + 1 }, (_, index) => low + index).filter((power) => (high - power) % every === 0);
    const between = high - low < 3 ? powers.slice(0, -1).flatMap((power) => [2 * 10 ** power, 5 * 10 ** power]) : [];
    const rows = [...powers.map((power) => 10 ** power), ...between].flatMap((value) => [
      element("line", { x1: LEFT, x2: width - RIGHT, y1: y(value), y2: y(value), class: "grid" }),
      element("text", { x: LEFT - 8, y: y(value) + 5, "text-anchor": "end" }, value >= 1e4 || value < 1e-3 ? value.toExponential(0).replace("e+", "e").replace("-", "−") : say(value)),
    ]);
    const columns = stepsOf(last, width < 400 ? 3 : 5).map((step) => element("text", { x: x(step), y: height - BOTTOM + 20, "text-anchor": "middle" }, say(step, 4)));
    return [
      ...rows,
      ...columns,
      element("text", { x: (LEFT + width - RIGHT) / 2, y: height - 4, "text-anchor": "middle", class: "axis" }, this.words.x),
      element("text", { x: 14, y: (TOP + height - BOTTOM) / 2, "text-anchor": "middle", class: "axis", transform: `rotate(-90 14 ${(TOP + height - BOTTOM) / 2})` }, this.words.y),
    ];
  }
}

function drawLevel({ words, colour, dash }, y, place, right) {
  return [
    element("line", { x1: LEFT, x2: right, y1: y, y2: y, stroke: colour, "stroke-width": 2, "stroke-dasharray": dash }),
    element("text", { x: right, y: place, "text-anchor": "end", class: "level" }, words),
  ];
}
