// "Pooling and shifts": draws what shifts.js computes of the picture on screen and of the same picture, moved.
import { Board, build, buildSlider, fill, greatest, say, whenOpened, wordsOf } from "./board.js";
import { keepSection, packBoard } from "./keep.js";
import { followScreen, isOfBefore, onScreen } from "./screen.js";
import * as shifts from "./shifts.js";
import { shift } from "./arithmetic.js";

const MOST_SHIFT = 4;

class Comparison {
  setting = { down: 0, right: 1, size: 2 };

  constructor(host) {
    Object.assign(this, { host, words: wordsOf(host) });
    this.build();
    followScreen(host, () => this.start());
    keepSection("shifts", host, () => this.tell());
    this.start();
  }

  build() {
    const { words, setting } = this;
    const fields = build("div", "fields");
    const ranges = [["down", 0, MOST_SHIFT], ["right", 0, MOST_SHIFT], ["size", 2, 4]];
    for (const [name, min, max] of ranges) {
      const write = (value) => (name === "size" ? `${value} × ${value}` : `${value} px`);
      const act = (value) => {
        setting[name] = value;
        this.start();
      };
      fields.append(buildSlider(words[name], { min, max, step: 1, value: setting[name] }, write, act).place);
    }
    this.look = build("p", "look-for");
    this.look.setAttribute("role", "status");
    this.pictures = new Board(words.scales, words.pictures, { most: 150 });
    [this.before, this.after] = [words.before, words.after].map((label) => new Board(words.scales, label, { aligned: true, most: 190, phone: 3 }));
    this.table = build("div", "cnn-table-scroll whole");
    this.host.append(fields, this.look, this.pictures.host, build("h4", "", words.before), this.before.host, build("h4", "", words.after), this.after.host, this.table);
  }

  start() {
    const screen = onScreen();
    if (!screen) return;
    const { down, right, size } = this.setting;
    const setting = { kernel: screen.kernel, size, shift: [down, right] };
    const found = shifts.OPERATIONS.map((operation) => [operation, shifts.compare(operation, screen.picture, setting)]).filter(([, each]) => each);
    this.draw(screen.picture, found);
    this.write(found);
    const table = build("table", "cnn-table");
    const head = table.createTHead();
    head.append(this.buildHead());
    const body = table.createTBody();
    for (const each of found) body.append(this.buildRow(...each));
    this.table.replaceChildren(table);
  }

  draw(picture, found) {
    const { words, setting } = this;
    const grey = { scale: "grey", limit: 1, numbers: false };
    this.pictures.draw([
      { title: words.picture, ...picture, ...grey },
      { title: words.moved, ...shift(picture, setting.down, setting.right), ...grey },
    ]);
    for (const side of ["before", "after"]) {
      const maps = found.map(([operation, each]) => ({ title: words[operation], caption: `${each.before.rows} × ${each.before.columns}`, ...each[side], limit: greatest(each.before.values), numbers: false }));
      this[side].draw(maps);
    }
  }

  percent = (share) => (share === null ? "–" : fill(this.words.percent, { share: 100 * share }));

  write(found) {
    const { words, setting } = this;
    const of = Object.fromEntries(found);
    if (!setting.down && !setting.right) return void (this.look.textContent = words.look_none);
    const said = [];
    if (of.conv?.equivariance) said.push(fill(words.look_conv, { equal: this.percent(of.conv.equivariance.equal), stays: this.percent(of.conv.invariance.equal) }));
    if (of.max) said.push(fill(words.look_max, { equal: this.percent(of.max.invariance.equal), change: this.percent(of.max.invariance.change), average: this.percent(of.average.invariance.change) }));
    if (of.max && !of.max.equivariance) said.push(fill(words.look_broken, { size: setting.size }));
    this.look.textContent = said.join(words.joiner);
  }

  // For a figure: all maps, the table, and what is said of them.
  tell() {
    const { words, setting, table, look } = this;
    const rows = [...table.querySelectorAll("tr")].map(({ cells }) => [...cells].map(({ textContent }) => textContent));
    if (!rows.length || isOfBefore()) return null;
    return {
      screen: true,
      setting: [...["down", "right"].map((name) => [words[name], `${setting[name]} px`]), [words.size, `${setting.size} × ${setting.size}`]],
      said: [look.textContent],
      rows: [this.pictures, this.before, this.after].map(packBoard),
      table: rows,
    };
  }

  buildHead() {
    const { words } = this;
    const [row, names] = [build("tr"), ["equal", "change", "correlation"]];
    const both = ["along", "stays"].flatMap((which) => names.map((name) => build("th", "number", fill(words[which], { what: words[name] }))));
    row.append(build("th", "", words.operation), ...both);
    return row;
  }

  buildRow(operation, { equivariance, invariance }) {
    const row = build("tr");
    const write = (graded) => [this.percent(graded?.equal ?? null), this.percent(graded?.change ?? null), Number.isFinite(graded?.correlation) ? say(graded.correlation) : "–"];
    row.append(build("td", "", this.words[operation]), ...[...write(equivariance), ...write(invariance)].map((words) => build("td", "number", words)));
    return row;
  }
}

export function mount(element) {
  whenOpened(element.querySelector(".shifts"), (host) => new Comparison(host));
}
