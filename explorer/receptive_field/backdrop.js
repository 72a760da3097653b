// The image and the layer's map on which field.js draws: figures.draw_backdrop. They stay where only the unit moves, and are
// not sent again then.
import { bytesOf, paintPixels, watchRatio } from "../page/drawing.js";

let shown = null;
const listeners = [];

// The image and the map of that key, or null where others are in the page.
export const findBackdrop = (key) => (shown?.key === key ? shown : null);

// Its image or its map, a pixel a value.
export function paintBackdrop({ rows, columns, codes }) {
  return paintPixels(columns, rows, (data) =>
    bytesOf(codes).forEach((value, index) => data.set([value, value, value, 255], 4 * index)),
  );
}

// Keeps a picture on it drawn, which has `take`, `draw`, its `host` and the width `drawnWidth` for which it was drawn.
export function keepDrawn(picture, watch) {
  const draw = () => picture.draw();
  watch("value", () => picture.take());
  listeners.push(draw);
  // Fires at first, when the width changes, and when what holds it is shown.
  new ResizeObserver(() => picture.host.clientWidth !== picture.drawnWidth && draw()).observe(picture.host);
  watchRatio(draw);
  picture.take();
}

export function mount(element, props, watch) {
  const take = () => {
    shown = props.value;
    listeners.forEach((listener) => listener());
  };
  watch("value", take);
  take();
}
