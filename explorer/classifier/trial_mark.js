// Tells the trial and the open sections that another picture or network is looked at, see trial_tab.py.
import { tryAgain } from "./pad.js";
import { askAgain } from "./sections.js";

export function mount(element, props, watch) {
  watch("value", () => {
    tryAgain();
    askAgain();
  });
}
