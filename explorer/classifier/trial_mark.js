// Tells the trial that another picture or network is looked at, see trial_tab.py.
import { tryAgain } from "./pad.js";

export function mount(element, props, watch) {
  watch("value", tryAgain);
}
