// Where the items of a graph, its edges and the frames of its groups stand. Dagre places the nodes; cutting the network into
// columns, frames and the ways of edges from column to column are done here.
import { openGroups } from "./graph_folds.js";

const RANK_GAP = 22; // px between nodes, one above the other; holds a label
const LABEL = 14; // px, height of a label
const TOP = 10; // px below the picture's edge where lines come over into the next column, above all titles
const GUTTER = 30; // px between columns
export const FRAME = 8; // px from a node to the frame of its group, and from frame to frame
const TITLE = 15; // px above a frame for its title
const RISE = 9; // px that an outer frame reaches higher than an inner one, for the inner one's title
export const LARGEST_SCALE = 1.3;

// Places from top to bottom: items get x, y (their middle), width and height; edges get points.
export function place(dagre, { items, edges }) {
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ rankdir: "TB", nodesep: 26, edgesep: 18, ranksep: RANK_GAP });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { id, width, height } of items) graph.setNode(id, { width, height });
  for (const { from, to } of edges) graph.setEdge(from, to);
  dagre.layout(graph);
  for (const item of items) Object.assign(item, graph.node(item.id));
  for (const edge of edges) edge.points = graph.edge(edge.from, edge.to).points;
  return { items, edges };
}

// px from a node up to a frame around it that has so many others inside.
function riseOf(inner) {
  return FRAME * (inner + 1) + RISE * inner;
}

// px that are wanted above a level, by its y, beside the gap that is there: for frames and titles that begin there.
function headsOf(items, unfolded) {
  const groups = new Map();
  for (const item of items) {
    const open = openGroups(item, unfolded);
    open.forEach((path, depth) => {
      const group = groups.get(path) ?? { y: item.y, inner: 0 };
      groups.set(path, { y: Math.min(group.y, item.y), inner: Math.max(group.inner, open.length - 1 - depth) });
    });
  }
  const heads = new Map();
  for (const { y, inner } of groups.values()) {
    const label = inner > 0 ? LABEL : 0; // of the edge that comes in: a longer title would reach it
    const wanted = riseOf(inner) + TITLE + 4 + label - RANK_GAP;
    heads.set(y, Math.max(heads.get(y) ?? 0, wanted));
  }
  return heads;
}

// Move what lies at a level and below it down, so that titles of groups stand on nothing else.
export function makeRoomForTitles({ items, edges }, unfolded) {
  const heads = headsOf(items, unfolded);
  const shifts = []; // [y from which on, px], the lowest first
  let sum = 0;
  for (const y of [...new Set(items.map((item) => item.y))].sort((a, b) => a - b)) {
    sum += shifts.length > 0 ? heads.get(y) ?? 0 : 0; // above the first level is the margin
    const tallest = Math.max(...items.filter((item) => item.y === y).map((item) => item.height));
    shifts.unshift([y - tallest / 2 - 1, sum]);
  }
  const shiftAt = (y) => shifts.find(([from]) => y >= from)?.[1] ?? 0;
  for (const edge of edges) edge.points = edge.points.map(({ x, y }) => ({ x, y: y + shiftAt(y) }));
  for (const item of items) item.y += shiftAt(item.y);
}

// Parts of the network between which only what one item gives runs on, from top to bottom: {top, bottom, items}.
export function cutIntoParts({ items, edges }) {
  const levels = [...new Set(items.map((item) => item.y))].sort((a, b) => a - b);
  const levelOf = new Map(levels.map((y, level) => [y, level]));
  const at = new Map(items.map((item) => [item.id, levelOf.get(item.y)]));
  const crossing = levels.map(() => new Set());
  for (const { from, to } of edges) {
    for (let level = at.get(from); level < at.get(to); level++) crossing[level].add(from);
  }
  const parts = [];
  levels.forEach((y, level) => {
    const inside = items.filter((item) => item.y === y);
    if (level === 0 || crossing[level - 1].size === 1) parts.push({ items: [] });
    parts.at(-1).items.push(...inside);
  });
  for (const part of parts) {
    part.top = Math.min(...part.items.map((item) => item.y - item.height / 2));
    part.bottom = Math.max(...part.items.map((item) => item.y + item.height / 2));
  }
  return parts;
}

// Fill columns of at most this height with parts, in order.
export function fillColumns(parts, height) {
  const columns = [];
  for (const part of parts) {
    const last = columns.at(-1);
    if (!last || part.bottom - last[0].top > height) columns.push([part]);
    else last.push(part);
  }
  return columns;
}

// Left and right end of what a column shows, labels and frames included.
function spanOf(column, edges, framesOf) {
  const inside = new Set(column.flatMap((part) => part.items.map((item) => item.id)));
  let [left, right] = [Infinity, -Infinity];
  for (const part of column) {
    for (const item of part.items) {
      left = Math.min(left, item.x - item.width / 2 - framesOf(item));
      right = Math.max(right, item.x + item.width / 2 + framesOf(item), item.x + (item.label ?? 0));
    }
  }
  for (const edge of edges) {
    if (!inside.has(edge.from) || !inside.has(edge.to)) continue;
    for (const { x } of edge.points) [left, right] = [Math.min(left, x - 8), Math.max(right, x + 8)];
  }
  return { left, right };
}

// The columns with which the picture is largest in this room: moves items and edges there, returns its size.
export function arrange(view, room, framesOf) {
  const parts = cutIntoParts(view);
  const heights = new Set();
  parts.forEach((first, start) => parts.slice(start).forEach((last) => heights.add(last.bottom - first.top)));
  const deepest = Math.max(0, ...view.items.map((item) => framesOf(item) / FRAME));
  const margin = 16 + TITLE + (deepest > 0 ? riseOf(deepest - 1) : 0);
  let best = null;
  for (const height of [...heights].sort((a, b) => b - a)) {
    const columns = fillColumns(parts, height);
    if (best && columns.length === best.columns.length) continue;
    if (columns.length > 24) break;
    const spans = columns.map((column) => spanOf(column, view.edges, framesOf));
    const width = spans.reduce((sum, { left, right }) => sum + right - left + GUTTER, GUTTER);
    const tallest = Math.max(...columns.map((column) => column.at(-1).bottom - column[0].top)) + 2 * margin;
    const scale = Math.min(room.width / width, room.height / tallest, LARGEST_SCALE);
    if (!best || scale > best.scale * 1.02) best = { columns, spans, width, height: tallest, scale };
  }
  moveIntoColumns(view, best, margin);
  return { width: best.width, height: best.height, columns: best.columns.length };
}

function moveIntoColumns({ items, edges }, { columns, spans }, margin) {
  const columnOf = new Map();
  const shifts = [];
  const lanes = [];
  let x = GUTTER;
  columns.forEach((column, index) => {
    shifts.push([x - spans[index].left, margin - column[0].top]);
    lanes.push({ gutter: x - GUTTER / 2 });
    column.forEach((part) => part.items.forEach((item) => columnOf.set(item.id, index)));
    x += spans[index].right - spans[index].left + GUTTER;
  });
  for (const item of items) {
    const [dx, dy] = shifts[columnOf.get(item.id)];
    item.column = columnOf.get(item.id);
    item.x += dx;
    item.y += dy;
  }
  const byId = new Map(items.map((item) => [item.id, item]));
  for (const edge of edges) {
    const [from, to] = [byId.get(edge.from), byId.get(edge.to)];
    const [dx, dy] = shifts[to.column];
    edge.points = edge.points.map((point) => ({ x: point.x + dx, y: point.y + dy }));
    edge.wraps = from.column !== to.column;
    if (!edge.wraps) continue;
    // Room that was made above the first level of a column lies beyond its top.
    for (const point of edge.points) point.y = Math.max(point.y, TOP);
    edge.points.unshift(...wrapAround(from, edge.points[0], lanes[to.column].gutter));
  }
}

// From the foot of one column through the gutter to where the edge comes in above another.
function wrapAround(from, entry, gutter) {
  const foot = from.y + from.height / 2;
  return [
    { x: from.x, y: foot },
    { x: from.x, y: foot + 30 },
    { x: gutter, y: foot + 30 },
    { x: gutter, y: TOP },
    { x: entry.x, y: TOP },
  ];
}

// Frames of the unfolded groups: one in each column that holds part of the group.
export function gatherFrames(items, unfolded) {
  const frames = new Map();
  for (const item of items) {
    const open = openGroups(item, unfolded);
    open.forEach((path, depth) => {
      const key = `${path} ${item.column}`;
      const frame = frames.get(key) ?? { path, column: item.column, depth, inner: 0, box: null };
      frame.inner = Math.max(frame.inner, open.length - 1 - depth);
      frame.box = joinBoxes(frame.box, item);
      frames.set(key, frame);
    });
  }
  return [...frames.values()].map((frame) => {
    const pad = FRAME + frame.inner * FRAME;
    const { left, right, top, bottom } = frame.box;
    return {
      ...frame, left: left - pad, right: right + pad, top: top - riseOf(frame.inner), bottom: bottom + pad,
    };
  });
}

function joinBoxes(box, { x, y, width, height }) {
  const [left, right, top, bottom] = [x - width / 2, x + width / 2, y - height / 2, y + height / 2];
  if (!box) return { left, right, top, bottom };
  return {
    left: Math.min(box.left, left), right: Math.max(box.right, right),
    top: Math.min(box.top, top), bottom: Math.max(box.bottom, bottom),
  };
}
