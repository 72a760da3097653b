// "Channels": draws what channels.js computes. One filter of a layer is taken apart: a product for each channel, their sum, a bias.
import { linesOf } from "./arithmetic.js";
import { Board, build, buildChoice, buildSlider, fill, greatest, say, whenOpened, wordsOf } from "./board.js";
import * as channels from "./channels.js";
import { keepSection, packBoard } from "./keep.js";

const [MOST_CHANNELS, MOST_MAPS] = [6, 16];
const CHOSEN = "#d55e00";
const SAMPLES = { input: "rgb", garment: "9", kind: "full" };

class Stage {
  setting = { ...SAMPLES };
  filter = 0;
  cell = null;

  constructor(host, props, watch, trigger) {
    Object.assign(this, { host, props, trigger, words: wordsOf(host) });
    this.build();
    watch("value", () => this.take());
    keepSection("channels", host, () => this.tell());
    this.start();
  }

  build() {
    const { words } = this;
    this.fields = build("div", "fields");
    const set = (name) => (value) => this.set({ [name]: value });
    const inputs = [["rgb", words.input_rgb], ...Object.entries(words.layers)];
    this.kindField = buildChoice(words.kind, channels.KINDS.map((kind) => [kind, words[`kind_${kind}`]]), set("kind"));
    this.garmentField = buildChoice(words.garment, words.classes.map((name, label) => [label, name]), set("garment"));
    this.garmentField.choice.value = this.setting.garment;
    const input = buildChoice(words.input, inputs, set("input"));
    input.place.classList.add("wide");
    this.fields.append(input.place, this.kindField.place, this.garmentField.place);
    this.look = build("p", "look-for");
    this.look.setAttribute("role", "status");
    [this.inputs, this.slices, this.products] = ["row_inputs", "row_slices", "row_products"].map((name) => new Board(words.scales, words[name], { aligned: true, most: 150, phone: 4 }));
    this.results = new Board(words.scales, words.row_results, { phone: 4 });
    this.sum = build("p", "numbers");
    this.sum.setAttribute("aria-live", "polite");
    this.body = build("div");
    this.body.append(build("h4", "", words.row_inputs), this.inputs.host, build("h4", "", words.row_slices), this.slices.host, build("h4", "", words.row_products), this.products.host, this.sum, build("h4", "", fill(words.row_choose, { row: words.row_results })), this.results.host);
    this.host.append(this.fields, this.look, this.body);
  }

  set(change) {
    Object.assign(this.setting, change);
    this.filter = 0;
    this.cell = null;
    this.start();
  }

  start() {
    const { input, garment, kind } = this.setting;
    this.kindField.place.hidden = input !== "rgb";
    this.garmentField.place.hidden = input === "rgb";
    if (input === "rgb") return this.show(channels.drawPicture(), channels.makeLayer(kind));
    this.props.value = { layer: input, garment: Number(garment) };
    this.trigger("input");
    return null;
  }

  // The server's answer, unless something else is chosen by now.
  take() {
    const { value } = this.props;
    if (!value?.maps || value.layer !== this.setting.input || String(value.garment) !== this.setting.garment) return;
    const { maps, layer } = channels.readLayer(value);
    this.show(maps, layer, value.whole);
  }

  show(maps, layer, whole = {}) {
    Object.assign(this, { maps, layer, whole, outputs: channels.run(maps, layer) });
    this.cell ??= [this.outputs.rows >> 1, this.outputs.columns >> 1];
    this.draw();
  }

  nameOf(channel) {
    return this.setting.input === "rgb" ? this.words.colours[channel] : fill(this.words.channel, { channel });
  }

  draw() {
    const { words, maps, layer, filter } = this;
    const products = channels.productsOf(maps, layer, filter);
    const shown = channels.strongest(products, MOST_CHANNELS);
    const known = this.setting.input !== "rgb" && shown.length < products.length ? fill(words.some, { shown: shown.length, of: products.length }) : "";
    this.look.textContent = [this.describe(layer), known].filter(Boolean).join(words.joiner);
    this.drawRows(shown);
    this.drawResults();
    this.write(products);
  }

  // The parameters, counted; of a trained layer the page has only the first filters.
  describe({ filters, bias }) {
    const { words, maps, whole } = this;
    const counts = { filters: filters.filters, biases: bias.length, ...whole };
    const parameters = (counts.filters * filters.values.length) / filters.filters + counts.biases;
    const all = { ...counts, parameters: parameters.toLocaleString("en"), channels: filters.channels, rows: filters.rows, columns: filters.columns, in: maps.channels };
    const isPointwise = filters.rows * filters.columns === 1;
    const key = filters.channels < maps.channels ? "look_depthwise" : isPointwise ? "look_pointwise" : counts.biases ? "look" : "look_unbiased";
    return [fill(words[key], all), filters.filters < counts.filters ? fill(words.first, { sent: filters.filters }) : ""].filter(Boolean).join(words.joiner);
  }

  drawRows(shown) {
    const { words, maps, layer, filter, setting } = this;
    const isPicture = setting.input === "rgb";
    const brightest = greatest(maps.values);
    const place = { hover: (...at) => this.point(at) };
    const values = (channel) => Float64Array.from(linesOf(maps, channel).flat());
    const whole = isPicture && shown.length > 1 ? [{ title: words.picture, ...maps, values: values(0), colours: [0, 1, 2].map(values) }] : [];
    const gap = whole.length ? [{ title: "", rows: 1, columns: 1, values: [0], blank: true }] : [];
    const perRow = shown.length + whole.length;
    const size = { rows: maps.rows, columns: maps.columns, numbers: false };
    this.inputs.draw([...whole, ...shown.map(({ channel }) => ({ title: this.nameOf(channel), ...size, values: values(channel), scale: isPicture ? "grey" : "signed", limit: isPicture ? 1 : brightest }))], perRow);
    const limit = greatest(layer.filters.values);
    this.slices.draw([...gap, ...shown.map(({ channel, slice }) => ({ title: fill(words.slice, { filter, channel: this.nameOf(channel) }), ...slice, limit, side: 132 }))], perRow);
    const most = Math.max(...shown.map(({ map }) => greatest(map.values)), greatest(channels.channelOf(this.outputs, filter).values));
    const box = [[this.cell[0], this.cell[1], this.cell[0] + 1, this.cell[1] + 1, CHOSEN, 2]];
    this.products.draw([...gap, ...shown.map(({ channel, map }) => ({ title: this.nameOf(channel), ...map, limit: most, numbers: false, boxes: box, ...place }))], perRow);
  }

  drawResults() {
    const { words, outputs, filter } = this;
    const count = Math.min(outputs.channels, MOST_MAPS);
    const limit = greatest(outputs.values);
    const maps = Array.from({ length: count }, (_, index) => ({
      title: fill(words.map, { filter: index }), ...channels.channelOf(outputs, index), limit, numbers: false, side: 120,
      boxes: index === filter ? [[0, 0, outputs.rows, outputs.columns, CHOSEN, 4]] : [],
      click: () => this.choose(index), hover() {}, hint: words.choose,
    })); // prettier-ignore
    this.results.draw(maps, 8);
  }

  choose(filter) {
    this.filter = filter;
    this.draw();
  }

  point(cell) {
    this.cell = cell;
    this.draw();
  }

  // For a figure: all maps, and what is said of them.
  tell() {
    const { words, setting, look, sum } = this;
    if (!this.outputs) return null;
    const isPicture = setting.input === "rgb";
    const chosen = isPicture ? [words.kind, words[`kind_${setting.kind}`]] : [words.garment, words.classes[Number(setting.garment)]];
    return {
      screen: false,
      setting: [[words.input, isPicture ? words.input_rgb : words.layers[setting.input]], chosen],
      said: [look, sum].map(({ textContent }) => textContent),
      rows: [this.inputs, this.slices, this.products, this.results].map(packBoard),
    };
  }

  // The sum at the chosen place, written out.
  write(products) {
    const { words, layer, filter, cell, outputs } = this;
    const at = ({ map }) => map.values[cell[0] * map.columns + cell[1]];
    const bracket = (number) => (number < 0 ? `(${say(number)})` : say(number));
    const terms = products.slice(0, MOST_CHANNELS).map((each) => bracket(at(each)));
    if (products.length > MOST_CHANNELS) terms.push(fill(words.more, { count: products.length - MOST_CHANNELS }));
    const result = channels.channelOf(outputs, filter).values[cell[0] * outputs.columns + cell[1]];
    this.sum.textContent = fill(words.sum, { row: cell[0], column: cell[1], filter, terms: terms.join(" + "), bias: bracket(layer.bias[filter]), result });
  }
}

// ---- the table of what layers cost --------------------------------------------------------------------------

class Costs {
  setting = { channels: 64, filters: 32, kernel: 3, side: 28, groups: 4 };

  constructor(host) {
    Object.assign(this, { host, words: wordsOf(host) });
    const fields = build("div", "fields");
    this.sliders = {};
    for (const [name, most] of [["channels", 256], ["filters", 256], ["kernel", 11], ["side", 224], ["groups", 16]]) {
      const range = { min: 1, max: most, step: 1, value: this.setting[name] };
      this.sliders[name] = buildSlider(this.words[name], range, (value) => say(value), (value) => this.set({ [name]: value }));
      fields.append(this.sliders[name].place);
    }
    this.table = build("div", "cnn-table-scroll whole");
    host.append(fields, this.table);
    this.set({});
  }

  set(change) {
    Object.assign(this.setting, change);
    const rows = channels.LAYERS.map((kind) => [kind, channels.countLayer(kind, this.setting)]);
    const table = build("table", "cnn-table");
    const head = table.createTHead().insertRow();
    const heads = ["layer", "weights", "biases", "parameters", "mult_adds", "share"].map((name, index) => build("th", index ? "number" : "", this.words[`head_${name}`]));
    head.append(...heads);
    const body = table.createTBody();
    const full = rows[0][1];
    for (const [kind, counts] of rows) body.append(this.buildRow(kind, counts, full));
    this.table.replaceChildren(table);
  }

  buildRow(kind, counts, full) {
    const row = build("tr");
    const write = (number) => number.toLocaleString("en");
    const share = counts ? say((counts.weights + counts.biases) / (full.weights + full.biases)) : "";
    const cells = counts ? [write(counts.weights), write(counts.biases), write(counts.weights + counts.biases), write(counts.multAdds), `× ${share}`] : [this.words.not_divisible, "", "", "", ""];
    row.append(build("td", "", fill(this.words[`layer_${kind}`], this.setting)), ...cells.map((words) => build("td", "number", words)));
    return row;
  }
}

export function mount(element, props, watch, trigger) {
  whenOpened(element.querySelector(".stack"), (host) => (host.dataset.costs ? new Costs(host) : new Stage(host, props, watch, trigger)));
}
