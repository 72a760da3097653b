// Where a reader points, with the pointer or with the arrow keys.

export const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }; // rows, columns

// Of the browser, such as Alt+Left.
export const isShortcut = (event) => event.altKey || event.ctrlKey || event.metaKey;

export const clamp = (value, least, most) => Math.min(Math.max(value, least), most);

// Shares of height and width at which an event lies in a box of the page.
export function sharesAt(box, { clientX, clientY }) {
  return [(clientY - box.top) / box.height, (clientX - box.left) / box.width];
}

// The [row, column] under the pointer; outside the box it is before the first or after the last.
export function placeAt(box, rows, columns, event) {
  const [down, right] = sharesAt(box, event);
  return [Math.floor(down * rows), Math.floor(right * columns)];
}

// The cell under the pointer; null beside the box.
export function cellAt(box, rows, columns, event) {
  const [row, column] = placeAt(box, rows, columns, event);
  return row >= 0 && column >= 0 && row < rows && column < columns ? { row, column } : null;
}
