// Sections below the classifier that show the picture at hand: they ask for their content when they are opened, and again
// when another picture or network is looked at while they are open. What they ask with is a value that only counts.
import { setValue } from "../page/values.js";

const open = new Set();
let asked = 0;

const ask = (name) => setValue(`classifier.${name}`, ++asked);

export function openSection(name, isOpen) {
  if (!isOpen) open.delete(name);
  else if (!open.has(name)) {
    open.add(name);
    ask(name);
  }
}

export const askAgain = () => open.forEach(ask);
