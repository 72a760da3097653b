// The parts of a number, see anatomy_tab.py: what is clicked becomes the way {model, trail, picked, down} that the server reads.
// A unit is [layer, channel, row, column].
import { takeCells } from "../page/canvas.js";
import { ask, tellShown } from "./sections.js";

const SECTION = "classifier.anatomy";

// Where a button of the list leads: back on the way, one step on, to the window of a number, or down to a pixel.
export function wayOf({ back, follow, pick, down }, { model, trail }) {
  if (back !== undefined) return { model, trail: trail.slice(0, Number(back) + 1) };
  if (follow !== undefined) return { model, trail: [...trail, JSON.parse(follow)] };
  if (pick !== undefined) return { model, trail, picked: JSON.parse(pick) };
  return down === undefined ? null : { model, trail, down: true };
}

// Where a click on a cell leads: in a window it picks a number, in the map it goes there.
export function wayTo({ model, trail, corner, fold, picks }, { row, column }) {
  const [layer, channel, top, left] = corner;
  const unit = fold ? [layer, row * fold + column, 0, 0] : [layer, channel, top + row, left + column];
  return picks ? { model, trail, picked: unit } : { model, trail: [...trail, unit] };
}

export function mount(element, props, watch) {
  let wasPressed = null; // the button that asked, so that the keyboard stays where it was
  const readWay = () => {
    const host = element.querySelector("[data-trail]");
    return host && { model: host.dataset.model, trail: JSON.parse(host.dataset.trail) };
  };
  tellShown(SECTION, readWay);
  takeCells("takeNumber", (payload, cell) => payload.go && ask(SECTION, wayTo(payload.go, cell)));
  element.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    const way = button && wayOf(button.dataset, readWay());
    if (!way) return;
    wasPressed = button.dataset.pick ? `[data-pick="${button.dataset.pick}"]` : ".terms button";
    ask(SECTION, way);
  });
  watch("value", () => {
    const selector = wasPressed;
    wasPressed = null;
    requestAnimationFrame(() => {
      element.querySelector(".trail")?.scrollTo(0, 1e6); // a long way is cut at its top
      if (selector) (element.querySelector(selector) ?? element.querySelector("button"))?.focus({ preventScroll: true });
    });
  });
}
