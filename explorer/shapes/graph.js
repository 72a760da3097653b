// Draws what explorer/shapes/graph.py gathers: a network from top to bottom, in columns, with folds, zoom and pan.
// Dagre places the nodes; cutting the network into columns, frames, edges and text is done here.
(() => {
  const explorer = (window.cnnExplorer ??= {});
  const SVG = "http://www.w3.org/2000/svg";

  const FONT = "system-ui, -apple-system, 'Segoe UI', 'Noto Sans CJK SC', 'Microsoft YaHei', sans-serif";
  const NODE_HEIGHT = 30; // px of a node with one line
  const SUB_HEIGHT = 16; // px that a second line adds
  const STRIP = 5; // px, height of the strips that stand for normalisation and activation
  const RANK_GAP = 22; // px between nodes, one above the other; holds a label
  const LABEL = 14; // px, height of a label
  const TOP = 10; // px below the picture's edge where lines come over into the next column, above all titles
  const GUTTER = 30; // px between columns
  const FRAME = 8; // px from a node to the frame of its group, and from frame to frame
  const TITLE = 15; // px above a frame for its title
  const RISE = 9; // px that an outer frame reaches higher than an inner one, for the inner one's title
  const LARGEST_SCALE = 1.3;
  const LEAST_SCALE = 0.6; // below it words cannot be read, and the picture is larger than its room
  const ZOOM = 1.3;
  const MOST_SPAN = 2600; // items that all edges may pass by together: for half of that dagre takes about a second

  // ---- from the network to what is shown -------------------------------------------------------------------------

  // The node or folded group that stands for a node, given the groups that are unfolded.
  function standsFor(node, unfolded) {
    const folded = node.groups.find((path) => !unfolded.has(path));
    return folded === undefined ? `n:${node.id}` : `g:${folded}`;
  }

  // Nodes and edges that are seen: {items: [{id, nodes, group}], edges: [{from, to, shape, channels}]}.
  function gatherVisible(nodes, unfolded) {
    const home = new Map(nodes.map((node) => [node.id, standsFor(node, unfolded)]));
    const byId = new Map(nodes.map((node) => [node.id, node]));
    const items = new Map();
    const edges = new Map();
    for (const node of nodes) {
      const id = home.get(node.id);
      if (!items.has(id)) items.set(id, { id, nodes: [], group: id.startsWith("g:") ? id.slice(2) : null });
      items.get(id).nodes.push(node);
      for (const input of node.inputs) {
        const from = home.get(input);
        if (from === id || edges.has(`${from} ${id}`)) continue;
        const source = byId.get(input);
        edges.set(`${from} ${id}`, { from, to: id, shape: source.shape, channels: source.channels });
      }
    }
    return { items: [...items.values()], edges: [...edges.values()] };
  }

  // The groups that can be unfolded at once. Dagre puts a place for an edge beside every item that it passes, and takes
  // minutes where thousands meet, as in dense blocks: those groups stay folded, the most entangled first.
  function foldToFit(nodes, unfolded) {
    const open = new Set(unfolded);
    for (;;) {
      const spans = spansByGroup(gatherVisible(nodes, open), open);
      const total = [...spans.values()].reduce((sum, span) => sum + span, 0);
      spans.delete(""); // between groups of the outermost level: there is nothing to fold
      const [most] = [...spans].sort((a, b) => b[1] - a[1]);
      if (total <= MOST_SPAN || !most) return open;
      open.delete(most[0]);
    }
  }

  // How many items the edges pass by, for the innermost unfolded group that holds both of their ends.
  function spansByGroup({ items, edges }, unfolded) {
    const order = new Map(items.map((item, index) => [item.id, index]));
    const around = new Map(items.map((item) => [item.id, openGroups(item, unfolded)]));
    const spans = new Map();
    for (const { from, to } of edges) {
      const shared = around.get(from).filter((path) => around.get(to).includes(path)).at(-1) ?? "";
      spans.set(shared, (spans.get(shared) ?? 0) + Math.max(0, order.get(to) - order.get(from) - 1));
    }
    return spans;
  }

  // Of the edges that leave an item with one shape, the first carries the label.
  function labelOnce(edges) {
    const said = new Set();
    for (const edge of edges) {
      const key = `${edge.from} ${edge.shape}`;
      edge.unlabelled = said.has(key);
      said.add(key);
    }
    return edges;
  }

  // ---- places ----------------------------------------------------------------------------------------------------

  // Places from top to bottom: items get x, y (their middle), width and height; edges get points.
  function place(dagre, { items, edges }) {
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
  function makeRoomForTitles({ items, edges }, unfolded) {
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
  function cutIntoParts({ items, edges }) {
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
  function fillColumns(parts, height) {
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
  function arrange(view, room, framesOf) {
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

  // ---- shapes of lines -------------------------------------------------------------------------------------------

  // Line width in px: grows with the logarithm of the channels.
  function lineWidth(channels) {
    return 1.5 + 0.8 * Math.log2(Math.max(1, channels));
  }

  // A line through points: straight legs with round corners.
  function roundPath(points, radius = 9) {
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

  // Frames of the unfolded groups: one in each column that holds part of the group.
  function gatherFrames(items, unfolded) {
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

  // The unfolded groups that an item stands in, the outermost first.
  function openGroups(item, unfolded) {
    const { groups } = item.nodes[0];
    const folded = groups.findIndex((path) => !unfolded.has(path));
    return folded < 0 ? groups : groups.slice(0, folded);
  }

  function joinBoxes(box, { x, y, width, height }) {
    const [left, right, top, bottom] = [x - width / 2, x + width / 2, y - height / 2, y + height / 2];
    if (!box) return { left, right, top, bottom };
    return {
      left: Math.min(box.left, left), right: Math.max(box.right, right),
      top: Math.min(box.top, top), bottom: Math.max(box.bottom, bottom),
    };
  }

  // ---- drawing ---------------------------------------------------------------------------------------------------

  const ruler = document.createElement("canvas").getContext("2d");

  function measure(words, size, weight = 500) {
    ruler.font = `${weight} ${size}px ${FONT}`;
    return ruler.measureText(words).width;
  }

  function make(tag, attributes = {}, words = null) {
    const element = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    if (words !== null) element.textContent = words;
    return element;
  }

  // "layer1.0" and "encoder_layer_3" say enough; a number alone does not.
  function shortName(path) {
    const parts = path.split(".");
    return parts.slice(/^\d+$/.test(parts.at(-1)) ? -2 : -1).join(".");
  }

  // Words and size of each item, before it is placed.
  function sizeItems(items, payload) {
    for (const item of items) {
      const last = item.nodes.at(-1);
      item.title = item.group === null ? last.label : `▸ ${shortName(item.group)}`;
      item.sub = item.group === null ? "" : payload.groups[item.group].words;
      item.width = Math.max(44, measure(item.title, 16, 600) + 20, measure(item.sub, 13) + 18);
      item.height = NODE_HEIGHT + (item.sub ? SUB_HEIGHT : 0);
      item.label = last.shape ? measure(last.shape, 14) + 16 : 0;
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
  function drawNetwork(dagre, payload, unfolded, room) {
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

  // ---- the component ---------------------------------------------------------------------------------------------

  // Dagre is asked for when the first graph is drawn, and put into the page once.
  let library = null;
  function loadDagre(server) {
    library ??= server.load_layout().then((source) => {
      const script = document.createElement("script");
      script.textContent = `${source};window.cnnExplorer.dagre = dagre;`;
      document.head.append(script);
      script.remove();
      return explorer.dagre;
    });
    library.catch(() => (library = null)); // the next graph asks once more
    return library;
  }

  explorer.mountGraph = (element, props, watch, server) => {
    const host = element.querySelector(".network-graph");
    const svg = make("svg", { class: "graph", role: "group" });
    const bar = document.createElement("div");
    bar.className = "graph-bar";
    const buttons = document.createElement("span");
    buttons.className = "graph-buttons";
    const legend = document.createElement("span");
    legend.className = "graph-legend";
    const kept = document.createElement("span"); // which groups stay folded, and why
    kept.setAttribute("role", "status");
    bar.append(buttons, kept, legend);
    host.replaceChildren(svg, bar);
    let unfolded = new Set();
    let known = ""; // which network the folds are of
    let drawn = null; // {picture, width, height}
    const view = { x: 0, y: 0, scale: 1 };
    let room = { width: 0, height: 0 };

    function show() {
      drawn?.picture.setAttribute("transform", `translate(${view.x} ${view.y}) scale(${view.scale})`);
      svg.classList.toggle("whole", isWhole());
    }

    // Then there is nothing to move, and a finger that runs over the picture scrolls the page.
    function isWhole() {
      if (!drawn || view.x < 0 || view.y < 0) return false;
      const [right, bottom] = [view.x + drawn.width * view.scale, view.y + drawn.height * view.scale];
      return right <= room.width + 1 && bottom <= room.height + 1;
    }

    function fit(least) {
      const scale = Math.min(room.width / drawn.width, room.height / drawn.height, LARGEST_SCALE);
      view.scale = Math.max(scale, least);
      view.x = Math.max(0, (room.width - drawn.width * view.scale) / 2);
      view.y = Math.max(0, (room.height - drawn.height * view.scale) / 2);
      show();
    }

    function zoom(factor, x = room.width / 2, y = room.height / 2) {
      const scale = Math.min(4, Math.max(0.1, view.scale * factor));
      view.x = x - ((x - view.x) * scale) / view.scale;
      view.y = y - ((y - view.y) * scale) / view.scale;
      view.scale = scale;
      show();
    }

    async function draw() {
      const payload = props.value;
      if (!payload?.nodes || host.clientWidth === 0) return;
      const dagre = await loadDagre(server);
      if (!dagre || payload !== props.value) return;
      if (payload.network !== known) {
        known = payload.network;
        const folded = new Set(payload.folded);
        unfold(new Set(Object.keys(payload.groups).filter((path) => !folded.has(path))));
      }
      redraw();
      fit(LEAST_SCALE);
    }

    function redraw() {
      room = { width: svg.clientWidth, height: svg.clientHeight };
      svg.setAttribute("viewBox", `0 0 ${room.width} ${room.height}`);
      svg.setAttribute("aria-label", props.value.label);
      drawn = drawNetwork(explorer.dagre, props.value, unfolded, room);
      svg.replaceChildren(drawn.picture);
      svg.dataset.width = drawn.width;
      svg.dataset.height = drawn.height;
      const words = props.value.words;
      const all = Object.keys(props.value.groups);
      buttons.replaceChildren(
        ...(all.length ? [
          explorer.makeButton(words.unfold_all, () => refold(new Set(all))),
          explorer.makeButton(words.fold_all, () => refold(new Set())),
        ] : []),
        explorer.makeButton("−", () => zoom(1 / ZOOM), { label: words.zoom_out }),
        explorer.makeButton("+", () => zoom(ZOOM), { label: words.zoom_in }),
        explorer.makeButton(words.fit, () => fit(0)),
      );
      drawLegend();
      explorer.markLayer?.();
    }

    function drawLegend() {
      legend.replaceChildren(...props.value.legend.map(([colour, words]) => {
        const entry = document.createElement("span");
        const chip = document.createElement("i");
        chip.style.background = colour;
        entry.append(chip, words);
        return entry;
      }));
    }

    function unfold(groups) {
      unfolded = foldToFit(props.value.nodes, groups);
      const names = [...groups].filter((path) => !unfolded.has(path)).map(shortName);
      const { words, joiner } = props.value;
      kept.textContent = names.length ? words.too_entangled.replace("{groups}", names.join(joiner)) : "";
    }

    function refold(groups) {
      unfold(groups);
      redraw();
      fit(LEAST_SCALE);
    }

    function toggle(path) {
      const groups = new Set(unfolded);
      if (groups.has(path)) {
        for (const each of unfolded) if (each === path || each.startsWith(`${path}.`)) groups.delete(each);
      } else groups.add(path);
      refold(groups);
      return path;
    }

    // What was pressed by the keyboard has it still after the picture was drawn anew.
    function focusGroup(path) {
      svg.querySelector(`[data-fold="${path}"] text, [data-item="g:${path}"]`)?.focus();
    }

    // Returns the group that it folds or unfolds, if any.
    function press(target) {
      const title = target.closest(".frame text");
      if (title) return toggle(title.closest("[data-fold]").dataset.fold);
      const item = target.closest("[data-item]");
      if (!item) return undefined;
      if (item.dataset.item.startsWith("g:")) return toggle(item.dataset.item.slice(2));
      const [layer] = item.dataset.layers.trim().split(" ");
      if (layer) explorer.act("shapes", { action: "choose", layer });
      return undefined;
    }

    // One pointer moves the picture, two zoom it; one that hardly moves presses what is under it.
    const pointers = new Map();
    let moved = 0;
    const release = (event) => pointers.delete(event.pointerId);
    svg.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return; // the right one opens the browser's menu
      pointers.set(event.pointerId, event);
      if (pointers.size === 1) moved = 0;
    });
    svg.addEventListener("pointermove", (event) => {
      const before = pointers.get(event.pointerId);
      if (!before) return;
      if (event.buttons === 0) return void release(event); // let go outside of the picture
      const [dx, dy] = [event.clientX - before.clientX, event.clientY - before.clientY];
      moved += Math.abs(dx) + Math.abs(dy);
      if (moved > 5) svg.setPointerCapture(event.pointerId);
      const other = [...pointers.values()].find(({ pointerId }) => pointerId !== event.pointerId);
      pointers.set(event.pointerId, event);
      if (other) {
        const distance = (each) => Math.hypot(each.clientX - other.clientX, each.clientY - other.clientY);
        const box = svg.getBoundingClientRect();
        const [x, y] = [(event.clientX + other.clientX) / 2 - box.left, (event.clientY + other.clientY) / 2 - box.top];
        zoom(distance(event) / (distance(before) || 1), x, y);
      } else {
        view.x += dx;
        view.y += dy;
        show();
      }
    });
    svg.addEventListener("pointerup", release);
    svg.addEventListener("pointercancel", release);
    svg.addEventListener("click", (event) => moved <= 5 && press(event.target));
    svg.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      const path = press(event.target);
      if (path) focusGroup(path);
    });
    svg.addEventListener("wheel", (event) => {
      if (!event.ctrlKey) return; // a plain turn of the wheel scrolls the page
      event.preventDefault();
      const box = svg.getBoundingClientRect();
      zoom(event.deltaY < 0 ? 1.15 : 1 / 1.15, event.clientX - box.left, event.clientY - box.top);
    }, { passive: false });

    watch("value", draw);
    new ResizeObserver(() => {
      if (svg.clientWidth && (svg.clientWidth !== room.width || svg.clientHeight !== room.height)) draw();
    }).observe(svg);
    draw();
  };

  explorer.graph = {
    gatherVisible, foldToFit, labelOnce, place, cutIntoParts, fillColumns, arrange, lineWidth, roundPath, gatherFrames,
    drawNetwork,
  };
})();
