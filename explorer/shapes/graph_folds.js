// What is seen of a network whose groups are folded and unfolded: nodes are {id, inputs, groups, shape, channels}.

const MOST_SPAN = 2600; // items that all edges may pass by together: for half of that dagre takes about a second

// The unfolded groups that an item stands in, the outermost first.
export function openGroups(item, unfolded) {
  const { groups } = item.nodes[0];
  const folded = groups.findIndex((path) => !unfolded.has(path));
  return folded < 0 ? groups : groups.slice(0, folded);
}

// The node or folded group that stands for a node, given the groups that are unfolded.
function standsFor(node, unfolded) {
  const folded = node.groups.find((path) => !unfolded.has(path));
  return folded === undefined ? `n:${node.id}` : `g:${folded}`;
}

// Nodes and edges that are seen: {items: [{id, nodes, group}], edges: [{from, to, shape, channels}]}.
export function gatherVisible(nodes, unfolded) {
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
export function foldToFit(nodes, unfolded) {
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
export function labelOnce(edges) {
  const said = new Set();
  for (const edge of edges) {
    const key = `${edge.from} ${edge.shape}`;
    edge.unlabelled = said.has(key);
    said.add(key);
  }
  return edges;
}
