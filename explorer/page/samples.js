// The picker of explorer/page/samples.py: one thumbnail a class, and a button for the next of the chosen class.
import { makeButton } from "./buttons.js";

// Thumbnails are parts of one picture, --samples, with a row a class; see encode_sprite.
export function placeOfThumbnail(index, perClass, classes) {
  const [row, column] = [Math.floor(index / perClass), index % perClass];
  return `${(column / (perClass - 1)) * 100}% ${(row / (classes - 1)) * 100}%`;
}

// The image of the same class after this one, the first after the last.
export function nextOfClass(index, perClass) {
  return Math.floor(index / perClass) * perClass + ((index + 1) % perClass);
}

class Picker {
  caption = document.createElement("span");

  constructor(element, props, trigger) {
    const host = element.querySelector(".sample-picker");
    Object.assign(this, { props, trigger }, JSON.parse(host.dataset.words));
    this.shown = this.names.map((_, label) => label * this.perClass); // the sample that stands for each class now
    this.thumbnails = this.names.map((name, label) => this.buildThumbnail(name, label));
    const grid = document.createElement("div");
    grid.className = "thumbnails";
    grid.append(...this.thumbnails);
    host.append(grid, this.buildLine());
  }

  buildThumbnail(name, label) {
    const act = () => this.choose(this.shown[label]);
    const thumbnail = makeButton("", act, { className: "thumbnail", label: name });
    thumbnail.style.backgroundSize = `${this.perClass * 100}% ${this.names.length * 100}%`;
    return thumbnail;
  }

  buildLine() {
    this.caption.className = "sample-name";
    const act = () => this.choose(nextOfClass(this.current(), this.perClass));
    const line = document.createElement("div");
    line.className = "sample-line";
    line.append(this.caption, makeButton(this.next, act, { className: "text-button next-sample" }));
    return line;
  }

  current() {
    const index = Number(this.props.value);
    return Number.isInteger(index) && index >= 0 && index < this.names.length * this.perClass ? index : 0;
  }

  choose(index) {
    this.props.value = index;
    this.show();
    this.trigger("input");
  }

  show() {
    // The classifier can open further test images, of which there are no thumbnails.
    const isOther = Number(this.props.value) >= this.names.length * this.perClass;
    const chosen = isOther ? -1 : Math.floor(this.current() / this.perClass);
    if (!isOther) this.shown[chosen] = this.current();
    this.thumbnails.forEach((thumbnail, label) => {
      const place = placeOfThumbnail(this.shown[label], this.perClass, this.names.length);
      thumbnail.style.backgroundPosition = place;
      thumbnail.setAttribute("aria-pressed", String(label === chosen));
    });
    this.caption.textContent = isOther ? this.other : this.names[chosen];
  }
}

export function mount(element, props, watch, trigger) {
  const picker = new Picker(element, props, trigger);
  watch("value", () => picker.show());
  picker.show();
}
