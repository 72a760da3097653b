// Sections of the classifier that are computed only while they are open. Each has a value of its name, which asks the server.
import { setValue } from "../page/values.js";

const opened = new Set();
const shown = {}; // name of a section -> function that tells what it shows, for the same of another picture
let count = 0; // makes each value another one, so that the same question is asked again

export function ask(name, value) {
  setValue(name, { ...value, count: ++count });
}

export function tellShown(name, tell) {
  shown[name] = tell;
}

const askFor = (name) => ask(name, shown[name]?.());

export function openSection(name, isOpen) {
  if (!isOpen) return void opened.delete(name);
  opened.add(name);
  askFor(name);
}

// Another picture or another network is looked at.
export function askAgain() {
  opened.forEach(askFor);
}
