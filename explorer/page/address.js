// The address: links that open a tab with its settings, and what is set in it. See explorer/page/links.py.
import { known, pageWords } from "./words.js";

const LONGEST_WAIT = 30_000; // ms for the answer to a link
const WRITING_PAUSE = 250; // ms: browsers refuse to write an address at each step of a slider
const wings = {}; // wing -> {name: what it is at first} of what a link carries
const settingsOf = {}; // wing -> {name: text} that its link asked for or that was set since
let asked = new URLSearchParams(); // with which the page was opened
let tabs = []; // the wings of this page
let first = ""; // the wing that is shown at first
let shown = "";
let opening = ""; // the wing that the link asks for, until it is shown
let writing = 0;
let isChosen = true; // whether the tab that is told is one that the reader chose, and not one that Back opens
let place = 0; // px from the top to which the tab that Back opens is scrolled
let leftAt = 0; // px from the top at which the reader followed a link to another tab
const openers = {}; // wing -> function that sets these settings, or without any shows its tab alone
const ACTS = ["input", "change", "pointerup", "keyup"]; // whatever a reader does comes with one of them
let ask = null; // asks for the pictures of the link's wing, as long as an answer is awaited
let isTouched = false; // whether the reader did something since then

// Called before anything writes another address; returns what it asks for.
export function readAddress() {
  asked = new URLSearchParams(window.location.search);
  return asked;
}

function writeAddressSoon() {
  window.clearTimeout(writing);
  writing = window.setTimeout(writeAddress, WRITING_PAUSE);
}

// Gradio mounts the header before the wings. Whoever clicks a language in between must not lose the link he came by.
const isRead = () => first !== "" && (!tabs.includes(asked.get("tab")) || asked.get("tab") in wings);

// What an entry of the browser's history holds: which load of the page made it, and where in it a reader followed a link.
const LOAD = { load: performance.timeOrigin };

export function writeAddress(more = {}) {
  window.clearTimeout(writing);
  if (isRead()) window.history.replaceState({ ...window.history.state, ...LOAD, ...more }, "", addressNow());
}

function addressNow() {
  const address = new URLSearchParams(window.location.search);
  for (const name of ["tab", ...Object.values(wings).flatMap(Object.keys)]) address.delete(name);
  const settings = Object.entries(settingsOf[shown] ?? {});
  if (settings.length > 0 || shown !== first) address.set("tab", shown);
  for (const [name, value] of settings) address.set(name, value);
  const text = address.toString();
  return window.location.pathname + (text ? `?${text}` : "");
}

const TOUCHED = "button, input, select, textarea, label, canvas, svg, [role=option]";
const touch = ({ target }) => (isTouched ||= target instanceof Element && target.closest(TOUCHED) !== null);
const show = () => document.documentElement.classList.remove("opening-link");

// Called once a wing. Hands the link's settings to the server where the link is for this wing.
export function mount(element, props, watch, trigger) {
  const { dataset } = element.querySelector("[data-wing]");
  const { wing, settings, opened } = dataset;
  window.cnnExplorerScripts?.came("gradio");
  wings[wing] = JSON.parse(settings);
  openers[wing] = (chosen) => {
    props.value = chosen ?? {};
    trigger(chosen ? "input" : "click");
    props.value = {}; // they are set once
  };
  tabs = JSON.parse(dataset.tabs);
  first = opened;
  shown ||= opened;
  if (asked.get("tab") !== wing) return;
  shown = opening = wing;
  const given = Object.keys(wings[wing]).filter((name) => asked.has(name));
  settingsOf[wing] = Object.fromEntries(given.map((name) => [name, asked.get(name).slice(0, known().longestText)]));
  if (given.length === 0) return trigger("click"); // nothing was changed
  props.value = settingsOf[wing];
  const page = document.documentElement; // until the pictures are those of the settings
  page.style.setProperty("--opening", JSON.stringify(pageWords().opening ?? ""));
  page.classList.add("opening-link");
  window.setTimeout(show, LONGEST_WAIT);
  ACTS.forEach((name) => document.addEventListener(name, touch, true));
  ask = () => {
    isTouched = false;
    trigger("input");
    props.value = {}; // the settings are set once
  };
  ask();
}

// Called when the pictures of a link have come. What was set meanwhile may have been answered before them. The address says what
// is set: a value of the link that makes no sense was not taken.
export function linkOpened(wing, names, values) {
  names.forEach((name, number) => rememberSetting(wing, name, values[number]));
  show();
  if (isTouched) return ask();
  ACTS.forEach((name) => document.removeEventListener(name, touch, true));
}

export function showTab(wing) {
  if (opening && opening !== first && wing === first) return; // Gradio tells the first tab once it has mounted all
  // Of two steps back at once the first is told when the second is done; and an answer to a link may come after a step back.
  if (!isChosen && wing !== shown) return openers[shown]?.();
  opening = "";
  if (wing !== shown && isRead()) {
    writeAddress({ place: leftAt }); // what was set in the tab that is left
    shown = wing;
    window.history.pushState(LOAD, "", addressNow());
  }
  shown = wing;
  leftAt = 0;
  writeAddressSoon();
  if (place > 0) window.requestAnimationFrame(scrollBack); // its parts are there by then
}

function scrollBack() {
  window.scrollTo(0, place);
  place = 0;
}

// Called when the browser's Back or Forward led here. The tab shows what it showed when it was left. Where the page was loaded
// again since, it knows that no more: then the address says it.
function openEntry({ state }) {
  const wing = new URLSearchParams(window.location.search).get("tab") ?? first;
  if (!(wing in openers)) {
    isChosen = false; // Gradio may still open the tab of the entry that was left
    return void readAddress(); // the page is not there yet: it opens as a link to this entry would
  }
  const isOfThisLoad = (state?.load ?? performance.timeOrigin) === performance.timeOrigin; // Gradio's panels write no state
  const found = isOfThisLoad ? null : targetOf(window.location.href, window.location.href, wings, known().separators);
  if (wing !== shown || found?.settings) openers[wing](found?.settings);
  opening = "";
  place = wing === shown ? 0 : (state?.place ?? 0);
  shown = wing;
  isChosen = false;
  writeAddressSoon();
}

// A value as a link writes it: a matrix as "1,0,-1;2,0,-2", a table as "conv,3,1,1,1;pool,2,2,0,1", one row after the other.
export function textOf(value, [betweenRows, betweenCells]) {
  if (!Array.isArray(value)) return String(value);
  const cellsOf = (row) => (typeof row === "object" ? Object.values(row) : [row]);
  return value.map((row) => cellsOf(row).join(betweenCells)).join(betweenRows);
}

// Called whenever a setting has another value. A setting with its first value does not appear in the address.
export function rememberSetting(wing, name, value) {
  if (!wings[wing]) return; // components tell their first values before the wing's link is read
  const settings = (settingsOf[wing] ??= {});
  const { separators, longestText } = known();
  const written = textOf(value, separators);
  // The name of weights that a reader brought is a secret of this visit: it is not for a link.
  const isFirst = value === null || String(value).startsWith("brought/") || written === textOf(wings[wing][name], separators);
  const text = isFirst ? undefined : written.slice(0, longestText);
  if (text === settings[name]) return;
  if (isFirst) delete settings[name];
  else settings[name] = text;
  writeAddressSoon();
}

// Where an address leads within this page: {wing, settings}; null for any other. `firsts` holds what each setting of each wing
// is at first: a link sets what it does not name to that, unless it keeps the rest. Without settings it shows the tab alone.
export function targetOf(address, here, firsts, separators, keeps = false) {
  const [there, page] = [new URL(address), new URL(here)];
  const wing = there.searchParams.get("tab");
  if (there.origin !== page.origin || there.pathname !== page.pathname || !(wing in firsts)) return null;
  const named = Object.keys(firsts[wing]).filter((name) => there.searchParams.has(name));
  if (named.length === 0) return { wing, settings: null };
  const given = named.map((name) => [name, there.searchParams.get(name)]);
  const others = Object.entries(keeps ? {} : firsts[wing]).filter(([, value]) => value !== null);
  const rest = others.map(([name, value]) => [name, textOf(value, separators)]);
  return { wing, settings: Object.fromEntries([...rest, ...given]) };
}

// A link to a tab of this page does not load it again: what a reader drew or brought stays. Within one tab it is a setting like
// others, and no entry of the history.
export function watchLinks() {
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    const isPlain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    if (!link || !isPlain || link.target === "_blank" || event.defaultPrevented) return;
    const keeps = "keeps" in link.dataset;
    const found = targetOf(link.href, window.location.href, wings, known().separators, keeps);
    if (!found) return;
    event.preventDefault();
    leftAt = window.scrollY;
    openers[found.wing](found.settings);
    window.scrollTo(0, 0);
  });
}

export function watchHistory() {
  window.addEventListener("popstate", openEntry);
  document.addEventListener("click", () => (isChosen = true), true);
}
