// Draws what explorer/shapes/graph.py gathers as SVG: a network from top to bottom, in columns.
import { measure } from "../page/drawing.js";
import { gatherVisible, labelOnce, openGroups } from "./graph_folds.js";
import { FRAME, arrange, gatherFrames, makeRoomForTitles, place } from "./graph_layout.js";

const SVG = "http://www.w3.org/2000/svg";
const FONT = "system-ui, -apple-system, 'Segoe UI', 'Noto Sans CJK SC', 'Microsoft YaHei', sans-serif";
const NODE_HEIGHT = 30; // px of a node with one line
const SUB_HEIGHT = 16; // px that a second line adds
const STRIP = 5; // px, height of the strips that stand for normalisation and activation

// Line width in px: grows with the logarithm of the channels.
export function lineWidth(channels) {
  return 1.5 + 0.8 * Math.log2(Math.max(1, channels));
}

// A line through points: straight legs with round corners.
export function roundPath(points, radius = 9) {
  const parts = [`M${points[0].x.toFixed(1)},${points[0].y.toFixed(1)}`];
  for (let index = 1; index < points.length - 1; index++) {
    const [before, corner, after] = [points[index - 1], points[index], points[index + 1]];
    const enter = towards(corner, before, radius);
    const leave = towards(corner, after, radius);
    parts.push(`L${enter.x.toFixed(1)},${enter.y.toFixed(1)}`);
    parts.push(`Q${corner.x.toFixed(1)},${corner.y.toFixed(1)} ${leave.x.toFixed(1)},${leave.y.toFixed(1)}`);
  }
  const end = points.at(-1);
  return `${parts.join("")}L${end.x.toFixed(1)},${end.y.toFixed(1)}`;
}

function towards(from, to, distance) {
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  const share = Math.min(distance, length / 2) / length;
  return { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share };
}

const widthOf = (words, size, weight = 500) => measure(words, `${weight} ${size}px ${FONT}`);

export function make(tag, attributes = {}, words = null) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (words !== null) element.textContent = words;
  return element;
}

// "layer1.0" and "encoder_layer_3" say enough; a number alone does not.
export function shortName(path) {
  const parts = path.split(".");
  return parts.slice(/^\d+$/.test(parts.at(-1)) ? -2 : -1).join(".");
}

// Words and size of each item, before it is placed.
function sizeItems(items, payload) {
  for (const item of items) {
    const last = item.nodes.at(-1);
    item.title = item.group === null ? last.label : `▸ ${shortName(item.group)}`;
    item.sub = item.group === null ? "" : payload.groups[item.group].words;
    item.width = Math.max(44, widthOf(item.title, 16, 600) + 20, widthOf(item.sub, 13) + 18);
    item.height = NODE_HEIGHT + (item.sub ? SUB_HEIGHT : 0);
    item.label = last.shape ? widthOf(last.shape, 14) + 16 : 0;
  }
}

function drawItem(item, payload) {
  const last = item.nodes.at(-1);
  const broken = item.nodes.some((node) => node.broken);
  const kind = item.group === null ? "node" : "node folded";
  const names = item.nodes.flatMap((node) => node.layers);
  const group = make("g", {
    class: broken ? `${kind} broken` : kind, tabindex: 0, role: "button",
    "data-layers": ` ${names.join(" ")} `, "data-item": item.id,
  });
  const [x, y] = [item.x - item.width / 2, item.y - item.height / 2];
  const colour = item.group === null ? last.colour : payload.groups[item.group].colour;
  const box = { width: item.width, height: item.height, rx: 5, stroke: colour };
  group.append(make("title", {}, item.group === null ? last.hover : `${payload.words.unfold}: ${item.group}`));
  if (item.group !== null) group.append(make("rect", { ...box, x: x + 4, y: y + 4, fill: colour, class: "behind" }));
  group.append(make("rect", { ...box, x, y, class: "paper" }));
  group.append(make("rect", { ...box, x, y, fill: colour, class: "tint" }));
  const strips = item.group === null ? last.strips : [];
  strips.forEach((fill, index) => {
    const part = (item.width - 8) / strips.length;
    group.append(make("rect", {
      class: "strip", x: x + 4 + index * part, y: y + item.height - STRIP - 2, width: part - 1, height: STRIP, fill,
    }));
  });
  const middle = item.sub ? y + 20 : item.y + (strips.length ? 3 : 5.5);
  group.append(make("text", { x: item.x, y: middle, class: "node-title" }, item.title));
  if (item.sub) group.append(make("text", { x: item.x, y: y + NODE_HEIGHT + 8, class: "node-sub" }, item.sub));
  return group;
}

function drawEdge(edge, byId) {
  const group = make("g", { class: edge.skips ? "edge skip" : "edge" });
  const width = lineWidth(edge.channels);
  const points = edge.points.map((point) => ({ ...point }));
  const from = byId.get(edge.from);
  const end = points.at(-1);
  const size = 4 + width;
  group.append(make("path", {
    class: "head", d: `M${end.x - size * 0.75},${end.y - size}h${size * 1.5}L${end.x},${end.y}z`,
  }));
  points[points.length - 1] = { x: end.x, y: end.y - size + 1 };
  group.append(make("path", { class: "line", d: roundPath(points), "stroke-width": width.toFixed(1) }));
  if (!edge.unlabelled && edge.shape) {
    const y = from.y + from.height / 2 + 18;
    group.append(make("text", { x: from.x + width / 2 + 6, y, class: "edge-shape" }, edge.shape));
  }
  return group;
}

function drawFrame(frame) {
  const group = make("g", { class: "frame" });
  const size = { width: frame.right - frame.left, height: frame.bottom - frame.top };
  group.append(make("rect", { x: frame.left, y: frame.top, rx: 8, ...size }));
  return group;
}

function drawFrameTitle(frame, payload) {
  const group = make("g", { class: "frame", "data-fold": frame.path });
  const title = make("text", { x: frame.left + 3, y: frame.top - 4, tabindex: 0, role: "button" });
  title.append(make("title", {}, `${payload.words.fold}: ${frame.path}`));
  title.append(document.createTextNode(`▾ ${frame.depth ? frame.path.split(".").at(-1) : frame.path}`));
  group.append(title);
  return group;
}

// The picture of what is unfolded, as a <g>, with its size in px.
export function drawNetwork(dagre, payload, unfolded, room) {
  const view = gatherVisible(payload.nodes, unfolded);
  labelOnce(view.edges);
  sizeItems(view.items, payload);
  const byId = new Map(view.items.map((item) => [item.id, item]));
  place(dagre, view);
  makeRoomForTitles(view, unfolded);
  const levels = [...new Set(view.items.map((item) => item.y))].sort((a, b) => a - b);
  const level = new Map(view.items.map((item) => [item.id, levels.indexOf(item.y)]));
  const framesOf = (item) => FRAME * openGroups(item, unfolded).length;
  const size = arrange(view, room, framesOf);
  const picture = make("g");
  const frames = gatherFrames(view.items, unfolded).sort((a, b) => a.depth - b.depth || a.column - b.column);
  for (const frame of frames) picture.append(drawFrame(frame));
  // What skips lies below: where both run to the next column, they run as one.
  for (const edge of view.edges) edge.skips = level.get(edge.to) - level.get(edge.from) > 1;
  for (const edge of [...view.edges].sort((a, b) => b.skips - a.skips)) picture.append(drawEdge(edge, byId));
  for (const item of view.items) picture.append(drawItem(item, payload));
  // A title stands where an arrow may enter: above it, and once for a group that goes on in the next column.
  const titled = new Set();
  for (const frame of frames) {
    if (!titled.has(frame.path)) picture.append(drawFrameTitle(frame, payload));
    titled.add(frame.path);
  }
  return { picture, ...size };
}
