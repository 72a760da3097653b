// The graph of a network, with folds, zoom and pan; explorer/shapes/graph.py gathers what it shows.
import { makeButton } from "../page/buttons.js";
import { act } from "../page/values.js";
import { markLayer } from "./chosen.js";
import { drawNetwork, make, shortName } from "./graph_drawing.js";
import { foldToFit } from "./graph_folds.js";
import { LARGEST_SCALE } from "./graph_layout.js";
import { fit, isWhole, watchPointers, zoom } from "./graph_view.js";

const LEAST_SCALE = 0.6; // below it words cannot be read, and the picture is larger than its room
const ZOOM = 1.3;
const LIBRARY = "../vendor/dagre.min.js";

// Dagre is asked for when the first graph is drawn. It is not a module: what it defines is global.
let library = null;
function loadDagre() {
  library ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = new URL(LIBRARY, import.meta.url);
    script.addEventListener("load", () => {
      window.cnnExplorerScripts.came("graph");
      resolve(window.dagre);
    });
    script.addEventListener("error", () => {
      window.cnnExplorerScripts.failed("graph");
      reject(new Error(`${script.src} did not come`));
    });
    document.head.append(script);
  });
  library.catch(() => (library = null)); // the next graph asks once more
  return library;
}

// What is unfolded after a press on a group. What is folded is folded with all that lies in it.
export function toggleGroup(unfolded, path) {
  const isInside = (each) => each === path || each.startsWith(`${path}.`);
  if (unfolded.has(path)) return new Set([...unfolded].filter((each) => !isInside(each)));
  return new Set([...unfolded, path]);
}

class Graph {
  svg = make("svg", { class: "graph", role: "group" });
  buttons = document.createElement("span");
  legend = document.createElement("span");
  kept = document.createElement("span"); // which groups stay folded, and why
  unfolded = new Set();
  known = ""; // which network the folds are of
  drawn = null; // {picture, width, height}
  view = { x: 0, y: 0, scale: 1 };
  room = { width: 0, height: 0 };

  constructor(host, props) {
    const bar = document.createElement("div");
    bar.className = "graph-bar";
    this.buttons.className = "graph-buttons";
    this.legend.className = "graph-legend";
    this.kept.setAttribute("role", "status");
    bar.append(this.buttons, this.kept, this.legend);
    host.replaceChildren(this.svg, bar);
    Object.assign(this, { host, props });
  }

  // ---- drawing

  async draw() {
    const payload = this.props.value;
    if (!payload?.nodes || this.host.clientWidth === 0) return;
    this.dagre = await loadDagre();
    if (!this.dagre || payload !== this.props.value) return;
    if (payload.network !== this.known) {
      this.known = payload.network;
      const folded = new Set(payload.folded);
      this.unfold(new Set(Object.keys(payload.groups).filter((path) => !folded.has(path))));
    }
    this.redraw();
  }

  redraw() {
    const { svg, props } = this;
    this.room = { width: svg.clientWidth, height: svg.clientHeight };
    svg.setAttribute("viewBox", `0 0 ${this.room.width} ${this.room.height}`);
    svg.setAttribute("aria-label", props.value.label);
    this.drawn = drawNetwork(this.dagre, props.value, this.unfolded, this.room);
    svg.replaceChildren(this.drawn.picture);
    svg.dataset.width = this.drawn.width;
    svg.dataset.height = this.drawn.height;
    this.drawButtons(props.value.words, Object.keys(props.value.groups));
    this.drawLegend();
    markLayer();
    this.fit(LEAST_SCALE);
  }

  drawButtons(words, groups) {
    const zoomBy = (factor) => this.zoom(factor, this.room.width / 2, this.room.height / 2);
    this.buttons.replaceChildren(
      ...(groups.length ? [
        makeButton(words.unfold_all, () => this.refold(new Set(groups))),
        makeButton(words.fold_all, () => this.refold(new Set())),
      ] : []),
      makeButton("−", () => zoomBy(1 / ZOOM), { label: words.zoom_out }),
      makeButton("+", () => zoomBy(ZOOM), { label: words.zoom_in }),
      makeButton(words.fit, () => this.fit(0)),
    );
  }

  drawLegend() {
    this.legend.replaceChildren(...this.props.value.legend.map(([colour, words]) => {
      const entry = document.createElement("span");
      const chip = document.createElement("i");
      chip.style.background = colour;
      entry.append(chip, words);
      return entry;
    }));
  }

  // ---- the view

  show(view) {
    this.view = view;
    const { x, y, scale } = view;
    this.drawn?.picture.setAttribute("transform", `translate(${x} ${y}) scale(${scale})`);
    this.svg.classList.toggle("whole", Boolean(this.drawn) && isWhole(view, this.drawn, this.room));
  }

  fit(least) {
    this.show(fit(this.drawn, this.room, least, LARGEST_SCALE));
  }

  zoom(factor, x, y) {
    this.show(zoom(this.view, factor, x, y));
  }

  move(dx, dy) {
    this.show({ ...this.view, x: this.view.x + dx, y: this.view.y + dy });
  }

  // ---- folds

  unfold(groups) {
    const { nodes, words, joiner } = this.props.value;
    this.unfolded = foldToFit(nodes, groups);
    const names = [...groups].filter((path) => !this.unfolded.has(path)).map(shortName);
    this.kept.textContent = names.length ? words.too_entangled.replace("{groups}", names.join(joiner)) : "";
  }

  refold(groups) {
    this.unfold(groups);
    this.redraw();
  }

  toggle(path) {
    this.refold(toggleGroup(this.unfolded, path));
    return path;
  }

  // Returns the group that it folds or unfolds, if any.
  press(target) {
    const title = target.closest(".frame text");
    if (title) return this.toggle(title.closest("[data-fold]").dataset.fold);
    const item = target.closest("[data-item]");
    if (!item) return undefined;
    if (item.dataset.item.startsWith("g:")) return this.toggle(item.dataset.item.slice(2));
    const [layer] = item.dataset.layers.trim().split(" ");
    if (layer) act("shapes", { action: "choose", layer });
    return undefined;
  }

  // What was pressed by the keyboard has it still after the picture was drawn again.
  pressKey(event) {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    const path = this.press(event.target);
    if (path) this.svg.querySelector(`[data-fold="${path}"] text, [data-item="g:${path}"]`)?.focus();
  }
}

export function mount(element, props, watch) {
  const graph = new Graph(element.querySelector(".network-graph"), props);
  const { svg } = graph;
  watchPointers(svg, {
    onMove: (dx, dy) => graph.move(dx, dy),
    onZoom: (factor, x, y) => graph.zoom(factor, x, y),
    onPress: (target) => graph.press(target),
  });
  svg.addEventListener("keydown", (event) => graph.pressKey(event));
  watch("value", () => graph.draw());
  new ResizeObserver(() => {
    const { width, height } = graph.room;
    if (svg.clientWidth && (svg.clientWidth !== width || svg.clientHeight !== height)) graph.draw();
  }).observe(svg);
  graph.draw();
}
