// Numbers for single sides: stride and dilation down and right, padding at the top, bottom, left and right. The value is a list of rows
// such as ["padding", 0, 1, 0, 1] for what differs from the sliders. See Settings in session.py.
import { makeButton } from "../page/buttons.js";
import { keepSize, movesOfState, sidesWith, sidesWithout } from "./playground.js";
import { onStage, setNow, watchStage } from "./stage.js";

let chosen = null; // {padding, sides} of a button, until Gradio has taken them

class Sides {
  fields = new Map(); // "padding 1" -> its field

  constructor(host, props, trigger) {
    Object.assign(this, { props, trigger, words: JSON.parse(host.dataset.words) });
    const table = document.createElement("div");
    table.className = "sides-grid";
    for (const [name, about] of Object.entries(this.words.sides)) table.append(...this.buildRow(name, about));
    const buttons = document.createElement("div");
    buttons.className = "sides-buttons";
    this.same = makeButton(this.words.same, () => this.choose(keepSize), { className: "text-button" });
    const valid = ({ sides }) => ({ padding: 0, sides: sidesWithout(sides, "padding") });
    buttons.append(this.same, makeButton(this.words.valid, () => this.choose(valid), { className: "text-button" }));
    host.append(table, buttons);
  }

  buildRow(name, { title, labels, least, most }) {
    const head = document.createElement("span");
    head.textContent = title;
    head.className = "sides-name";
    const cells = labels.map((label, place) => {
      const cell = document.createElement("label");
      const field = document.createElement("input");
      Object.assign(field, { type: "number", min: least, max: most, step: 1 });
      field.setAttribute("aria-label", `${title}: ${label}`);
      field.addEventListener("input", () => this.change(name, place, field));
      this.fields.set(`${name} ${place}`, field);
      cell.append(label, field);
      return cell;
    });
    cells.forEach((cell, place) => cell.classList.toggle("sides-first", place % 2 === 0));
    return [head, ...cells];
  }

  change(name, place, field) {
    const { state } = onStage();
    const number = field.value === "" ? null : Number(field.value);
    this.props.value = sidesWith(state, name, place, number);
    setNow({ sides: this.props.value });
    this.trigger("input");
  }

  choose(set) {
    const { state, known } = onStage();
    chosen = set(state, known);
    setNow(chosen);
    this.trigger("submit");
  }

  show({ state, computed }) {
    const moves = movesOfState(state);
    for (const [key, field] of this.fields) {
      const [name, place] = key.split(" ");
      if (document.activeElement !== field) field.value = moves[name][place];
      if (name === "padding" && computed) field.max = this.mostOf(moves, computed.picture, Number(place));
    }
    this.same.disabled = Math.max(...moves.stride) > 1;
    this.same.title = this.same.disabled ? this.words.noSame : "";
  }

  // Mirrored pixels and those from the other end are only as many as there are.
  mostOf({ mode }, { rows, columns }, place) {
    const size = place < 2 ? rows : columns;
    const most = { reflect: size - 1, circular: size }[mode] ?? Infinity;
    return Math.min(this.words.sides.padding.most, most);
  }
}

// What a button has chosen, for the slider and for the sides.
export const takeSides = () => [chosen.padding, chosen.sides];

// A slider sets all sides.
export const joinSides = (sides, name) => sidesWithout(sides, name);

export function mount(element, props, watch, trigger) {
  const sides = new Sides(element.querySelector(".sides"), props, trigger);
  watchStage((stage) => sides.show(stage));
}
