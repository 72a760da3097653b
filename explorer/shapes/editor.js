// The fields of the chosen layer, whose value is what explorer/shapes/panels.py draws; what someone does is told by `act`.
import { makeButton } from "../page/buttons.js";
import { act, heard } from "../page/values.js";
import { markLayer, showView } from "./chosen.js";

const send = (what) => act("shapes", what);

function makeInput(field, layer) {
  const input = document.createElement("input");
  input.type = "text";
  input.value = field.value;
  input.autocomplete = "off";
  input.spellcheck = false;
  input.dataset.setting = field.name;
  input.setAttribute("aria-label", `${layer}: ${field.label}`);
  return input;
}

function makeField(field, layer) {
  const label = document.createElement("label");
  const name = document.createElement("span");
  name.textContent = field.label;
  const input = makeInput(field, layer);
  const change = () => input.value.trim() && send({ action: "edit", layer, setting: field.name, value: input.value });
  input.addEventListener("input", change);
  // The arrow keys count, also where the field holds one whole number.
  input.addEventListener("keydown", (event) => {
    const step = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (!step || !/^\d+$/.test(input.value)) return;
    event.preventDefault();
    input.value = Math.max(0, Number(input.value) + step);
    change();
  });
  label.append(name, input);
  return label;
}

function buildPart(tag, className, ...children) {
  const part = document.createElement(tag);
  part.className = className;
  part.append(...children);
  return part;
}

function build(host, { layer, kind, fields, words }) {
  const title = buildPart("p", "editor-title");
  if (layer) {
    const name = document.createElement("b");
    name.textContent = layer;
    title.append(name, kind ? ` ${kind}` : "");
  }
  const buttons = ["mend", "undo", "reset"].map((action) =>
    makeButton(words[action], () => send({ action }), { className: `text-button editor-${action}` }),
  );
  host.replaceChildren(
    title,
    buildPart("p", "editor-note"),
    buildPart("div", "editor-fields", ...fields.map((field) => makeField(field, layer))),
    buildPart("div", "editor-buttons", ...buttons),
  );
}

export function mount(element, props, watch) {
  const host = element.querySelector(".layer-editor");
  let shown = ""; // layer and names of the fields that are in the page

  function draw() {
    const { value } = props;
    if (!value?.fields) return;
    heard("shapes", value.heard);
    const wanted = JSON.stringify([value.layer, value.fields.map(({ name }) => name)]);
    if (wanted !== shown) build(host, value);
    shown = wanted;
    host.querySelector(".editor-note").textContent = value.note;
    value.fields.forEach((field) => {
      const input = host.querySelector(`input[data-setting="${field.name}"]`);
      input.classList.toggle("changed", field.changed);
      if (document.activeElement !== input) input.value = field.value; // while someone types, the field is theirs
    });
    host.querySelector(".editor-mend").hidden = !value.mend;
    host.querySelector(".editor-undo").hidden = !value.undo;
    host.querySelector(".editor-reset").hidden = !value.undo;
    markLayer(value.layer);
    showView(value.view);
  }

  watch("value", draw);
  draw();
}
