// The image and the layer's map on which field.js draws: figures.draw_backdrop. They stay where only the unit moves, and are
// not sent again then.
let shown = null;
const listeners = [];

// The image and the map of that key, or null where others are in the page.
export const findBackdrop = (key) => (shown?.key === key ? shown : null);

export const onBackdrop = (listener) => listeners.push(listener);

export function mount(element, props, watch) {
  const take = () => {
    shown = props.value;
    listeners.forEach((listener) => listener());
  };
  watch("value", take);
  take();
}
