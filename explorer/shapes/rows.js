// The layers of the table, the slabs and the graph: a click chooses one, and the chosen one is marked everywhere.
// Folds and scrolling stay when the server draws its content again.
import { act } from "../page/values.js";
import { markLayer } from "./chosen.js";

function rememberPlace(element) {
  const open = new Set([...element.querySelectorAll("details[open]")].map((each) => each.dataset.fold));
  return { open, top: element.querySelector(".layers")?.scrollTop ?? 0 };
}

function restorePlace(element, { open, top }) {
  element.querySelectorAll("details").forEach((each) => (each.open = open.has(each.dataset.fold)));
  const table = element.querySelector(".layers");
  if (table) table.scrollTop = top;
}

// A layer that breaks must be seen, also below a fold or further down.
function showBreak(element) {
  const table = element.querySelector(".layers");
  if (table?.querySelector(".line.broken")) table.scrollTop = table.scrollHeight;
}

const rowsOf = (element) => [...element.querySelectorAll(".line[data-layers]")];

// The visible row after (step 1) or before (-1) a row, the head of a fold, or the whole table.
function findNext(element, from, step) {
  const side = step > 0 ? Node.DOCUMENT_POSITION_FOLLOWING : Node.DOCUMENT_POSITION_PRECEDING;
  const rows = rowsOf(element).filter((each) => each.offsetParent);
  const beyond = rows.filter((each) => from.compareDocumentPosition(each) & side);
  return step > 0 ? beyond[0] : beyond.at(-1);
}

function press(event) {
  if (event.target.closest("summary")) return;
  const names = event.target.closest("[data-layers]")?.dataset.layers.trim().split(" ");
  if (names?.[0]) act("shapes", { action: "choose", layer: names[0] });
}

function pressKey(event, element) {
  if (event.key === "Enter" || event.key === " ") {
    press(event);
    if (!event.target.closest("summary")) event.preventDefault(); // Space would scroll the page
  }
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const next = step && findNext(element, event.target, step);
  if (!next) return;
  event.preventDefault();
  next.focus();
  next.click();
}

// What gives the row that had the keyboard it back after it was drawn again.
function keepFocus(element) {
  let focused = "";
  element.addEventListener("focusin", (event) => (focused = event.target.closest(".line")?.dataset.layers ?? ""));
  element.addEventListener("focusout", (event) => (focused = event.relatedTarget ? "" : focused));
  return () => {
    if (!focused || document.activeElement !== document.body) return;
    rowsOf(element).find((each) => each.dataset.layers === focused)?.focus({ preventScroll: true });
  };
}

export function mount(element, props, watch) {
  let place = rememberPlace(element);
  const keep = () => (place = rememberPlace(element));
  element.addEventListener("scroll", keep, true);
  element.addEventListener("toggle", keep, true);
  const refocus = keepFocus(element);
  element.addEventListener("click", press);
  element.addEventListener("keydown", (event) => pressKey(event, element));
  const restore = () => {
    restorePlace(element, place);
    showBreak(element);
    refocus();
    markLayer();
  };
  new MutationObserver(restore).observe(element, { childList: true, subtree: true });
  // Gradio shuts folds and takes marks away also where numbers alone are new, which no observer of elements sees.
  watch("value", () => {
    const before = place; // that a fold was shut is told in a moment, as if the reader had shut it
    window.setTimeout(() => {
      place = before;
      restore();
    });
  });
  markLayer();
}
