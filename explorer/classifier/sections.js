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

const wanted = {}; // name of a section -> what it shows when it opens

function askFor(name) {
  const value = wanted[name] ?? shown[name]?.();
  delete wanted[name];
  ask(name, value);
}

// Brings a section into view and shows this in it; it is opened if it is closed.
export function goTo(name, value) {
  const section = document.getElementById(name.replace(".", "-section-"));
  if (opened.has(name)) ask(name, value);
  else {
    wanted[name] = value;
    section.querySelector("button").click();
  }
  section.scrollIntoView({ block: "start" });
}

export function openSection(name, isOpen) {
  if (!isOpen) return void opened.delete(name);
  if (opened.has(name)) return; // told twice
  opened.add(name);
  askFor(name);
}

// Another picture or another network is looked at.
export function askAgain() {
  opened.forEach(askFor);
}
