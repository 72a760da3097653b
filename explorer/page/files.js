// Files that are too large or no pictures, and pictures that the browser does not lend: said here, in the reader's language.
import { pageWords } from "./words.js";

let deeds = 0; // of the reader; each of them ends earlier messages

const isShown = (element) => element.getClientRects().length > 0;
const isChooser = (target) => target instanceof HTMLInputElement && target.type === "file";

// Why a file is refused; null if it is accepted.
export function problemOf(file, words, wantsWeights = false) {
  if (wantsWeights && !file.name.endsWith(".safetensors")) return words.noWeights;
  if (!wantsWeights && !file.type.startsWith("image/")) return words.noPicture;
  return file.size > Number(words.mostBytes) ? words.tooLarge : null;
}

// It stands beside the line above the picture, not in it, where the answer to what was asked before may still be written.
export function tell(sentence, place) {
  const tab = place.closest(".tabitem") ?? document;
  tab.querySelectorAll(".of-file").forEach((line) => line.remove());
  const lines = [...tab.querySelectorAll(".look-for")];
  const line = lines.find(isShown) ?? lines[0];
  const problem = document.createElement("p");
  problem.className = "look-for look-for-line problem of-file";
  problem.setAttribute("role", "alert");
  problem.textContent = sentence;
  // On a phone the line above the picture is out of sight while the controls below it are used.
  const { bottom, top } = line.getBoundingClientRect();
  const isScrolledAway = isShown(line) && (bottom <= 0 || top >= innerHeight);
  const block = isScrolledAway && place.closest(".block");
  (block || line.closest(".look-for-line")).before(problem);
  problem.scrollIntoView({ block: "nearest" });
}

// A message in a tab that is not shown has not been read yet.
function endTold() {
  deeds += 1;
  [...document.querySelectorAll(".of-file")].filter(isShown).forEach((line) => line.remove());
}

// Before anything is sent: Gradio would send it, and answer in English.
function refuse(event, files) {
  endTold();
  const wantsWeights = event.target.accept?.includes(".safetensors") ?? false;
  const problem = [...(files ?? [])].map((file) => problemOf(file, pageWords(), wantsWeights)).find(Boolean);
  if (!problem) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  tell(problem, event.target);
}

function refuseChosen(event) {
  const chooser = isChooser(event.target) ? event.target : null;
  refuse(event, chooser?.files);
  if (event.defaultPrevented) chooser.value = ""; // the same file can be chosen again
}

function refuseDropped(event) {
  refuse(event, event.dataTransfer?.files);
  if (event.defaultPrevented) event.target.dispatchEvent(new DragEvent("dragleave", { bubbles: true }));
}

export function watchFiles() {
  document.addEventListener("change", refuseChosen, true);
  document.addEventListener("drop", refuseDropped, true);
  for (const kind of ["click", "input"]) {
    document.addEventListener(kind, (event) => isChooser(event.target) || refuse(event, []), true);
  }
}

// ---- what the browser does not lend ---------------------------------------------------------------------------

// Gradio's camera and its button to paste would fail without a word, or with the name of one. On pages that come over
// plain http from another machine a browser has neither.
// Elsewhere it asks the reader, and may find nothing: what is then awaited never comes, and the button stays.
function lend(lender, method, button, denied, findProblem) {
  const ask = lender?.[method]?.bind(lender);
  if (!ask) {
    const refuseClick = (event) => {
      if (!event.target.closest(button)) return;
      event.stopImmediatePropagation();
      tell(pageWords()[denied], event.target);
    };
    document.addEventListener("click", refuseClick, true);
    return;
  }
  lender[method] = async (...given) => {
    const before = deeds;
    const lent = await ask(...given).catch(() => null);
    const problem = lent ? await findProblem(lent) : pageWords()[denied];
    if (!problem) return lent;
    if (deeds === before) tell(problem, document.activeElement); // otherwise the reader has gone on
    return new Promise(() => {});
  };
}

async function problemOfPasted(items) {
  for (const item of items) {
    const type = item.types.find((each) => each.startsWith("image/"));
    if (type) return problemOf(await item.getType(type), pageWords());
  }
  return pageWords().noPasted;
}

export function watchLenders() {
  lend(navigator.mediaDevices, "getUserMedia", ".camera button", "noCamera", () => null);
  lend(navigator.clipboard, "read", '[aria-label="Paste from clipboard"]', "noClipboard", problemOfPasted);
}
