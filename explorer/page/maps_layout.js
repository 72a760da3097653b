// How large the cells of maps are, and how many maps stand in a row. Maps come with titleWidth and captionWidth, in px.

const GAP = 20; // px between maps
const LINE = 21; // px of a line of title or caption
const LARGEST_CELL = 52; // px
const NARROW = 600; // px of width below which maps may use more height
const PARTS = 8; // into which a pixel of the screen is divided for the cells of large maps
const LEAST_FIGURE = 72; // px, so that a title above a tiny map does not break into single letters

export function figureWidth(map, cell) {
  return Math.max(map.columns * cell, map.title || map.caption ? LEAST_FIGURE : 0);
}

function figureHeight(map, cell) {
  const width = figureWidth(map, cell);
  const lines = Math.ceil(map.titleWidth / width) + Math.ceil(map.captionWidth / width);
  return map.rows * cell + LINE * lines + 8;
}

// Height of all maps laid out in rows with these cell sizes; Infinity where one row is too wide.
export function heightOf(maps, cells, columns, width) {
  let [height, x, rowHeight, inRow] = [0, 0, 0, 0];
  maps.forEach((map, index) => {
    const needed = figureWidth(map, cells[index]);
    const wraps = inRow > 0 && (columns ? inRow === columns : x + needed > width);
    if (wraps) {
      height += rowHeight + GAP / 2;
      [x, rowHeight, inRow] = [0, 0, 0];
    }
    if (x + needed > width + 0.5) height = Infinity;
    x += needed + GAP;
    rowHeight = Math.max(rowHeight, figureHeight(map, cells[index]));
    inRow += 1;
  });
  return height + rowHeight;
}

const longestSide = (map) => Math.max(map.rows, map.columns);

function cellsFor(payload, pixels) {
  if (payload.equalCells) return payload.maps.map((map) => Math.max(pixels, map.leastCell ?? 0));
  const longest = Math.max(...payload.maps.map(longestSide));
  return payload.maps.map((map) => (pixels * longest) / longestSide(map));
}

// The greatest cell, in whole device pixels or parts of one, with which everything fits.
function bestCells(payload, columns, width, maxHeight, ratio) {
  const largest = Math.floor(Math.min(payload.cell ?? LARGEST_CELL, LARGEST_CELL * 4) * ratio);
  for (let pixels = Math.max(1, largest); pixels > 1; pixels--) {
    const cells = cellsFor(payload, pixels / ratio);
    if (heightOf(payload.maps, cells, columns, width) <= maxHeight) return cells;
  }
  for (let parts = PARTS; parts > 0; parts--) {
    const cells = cellsFor(payload, parts / (PARTS * ratio));
    if (heightOf(payload.maps, cells, columns, width) <= maxHeight) return cells;
  }
  const widest = Math.max(...payload.maps.map(payload.equalCells ? (map) => map.columns : longestSide));
  return cellsFor(payload, Math.min(1 / ratio, width / widest));
}

export function layOut(payload, width, ratio) {
  const narrow = width < NARROW;
  const maxHeight = payload.maxHeight * (narrow ? 1.6 : 1);
  let best = { columns: payload.columns, cells: bestCells(payload, payload.columns, width, maxHeight, ratio) };
  for (let columns = payload.columns; narrow && columns > 1; ) {
    columns = Math.ceil(columns / 2);
    const cells = bestCells(payload, columns, width, maxHeight, ratio);
    const fits = heightOf(payload.maps, cells, columns, width) <= maxHeight;
    if (fits && cells[0] > best.cells[0]) best = { columns, cells };
  }
  return best;
}
