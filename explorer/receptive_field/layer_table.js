// The editable table of layers. The value is a list of rows, {type, kernel, stride, padding, dilation}, whose cells are what
// the reader typed.
import { makeButton } from "../page/buttons.js";

function inCell(tag, child) {
  const cell = document.createElement(tag);
  cell.append(child);
  return cell;
}

class LayerTable {
  constructor(host, props, trigger) {
    // Words, the names of the columns of numbers, the types of layers, and the row that an empty table begins with.
    const { columns, types, first, ...words } = JSON.parse(host.dataset.words);
    Object.assign(this, { host, props, trigger, columns, types, first, words });
  }

  get rows() {
    return (Array.isArray(this.props.value) ? this.props.value : []).map((row) => ({ ...row }));
  }

  nameCell(number, column) {
    return this.words.row.replace("{number}", number + 1).replace("{column}", this.words[column]);
  }

  makeCell(row, number, column) {
    const input = document.createElement("input");
    input.type = "text";
    input.inputMode = "numeric";
    input.value = row[column] ?? "";
    input.addEventListener("input", () => this.change(number, column, input.value));
    return this.label(input, number, column);
  }

  makeType(row, number) {
    const select = document.createElement("select");
    for (const type of this.types) select.add(new Option(this.words[type], type, false, row.type === type));
    select.addEventListener("change", () => this.change(number, "type", select.value));
    return this.label(select, number, "type");
  }

  label(field, number, column) {
    field.setAttribute("aria-label", this.nameCell(number, column));
    field.dataset.short = this.words[`${column}Short`];
    return field;
  }

  change(number, column, value) {
    const { rows } = this;
    rows[number][column] = value;
    this.send(rows);
  }

  send(rows) {
    this.props.value = rows;
    this.trigger("input");
  }

  draw() {
    const table = document.createElement("table");
    const head = table.createTHead().insertRow();
    for (const column of ["type", ...this.columns]) {
      head.append(inCell("th", this.words[`${column}Short`]));
      head.lastChild.title = this.words[column];
    }
    head.append(document.createElement("th"));
    const body = table.createTBody();
    this.rows.forEach((row, number) => this.drawRow(body.insertRow(), row, number));
    const { add } = this.words;
    const button = makeButton(`+ ${add}`, () => this.add(), { className: "text-button add-layer", label: add });
    this.host.replaceChildren(table, button);
  }

  drawRow(line, row, number) {
    line.append(inCell("td", this.makeType(row, number)));
    for (const column of this.columns) line.append(inCell("td", this.makeCell(row, number, column)));
    const label = this.words.remove.replace("{number}", number + 1);
    const remove = makeButton("×", () => this.remove(number), { className: "text-button remove-layer", label });
    line.append(inCell("td", remove));
  }

  remove(number) {
    this.resend(this.rows.filter((_, other) => other !== number));
    const buttons = this.host.querySelectorAll("button"); // of the row that follows, or the one that adds
    buttons[Math.min(number, buttons.length - 1)].focus();
  }

  add() {
    this.resend([...this.rows, this.rows.at(-1) ?? this.first]);
    this.host.querySelector("tbody tr:last-child select").focus();
  }

  // Rows were added or taken away, or came from the server: the inputs no longer match, so draw them again.
  resend(rows) {
    this.send(rows);
    this.draw();
  }

  isShown() {
    const shown = [...this.host.querySelectorAll("tbody tr:not(.cell-problem)")].map((line) =>
      [...line.querySelectorAll("select, input")].map((input) => input.value),
    );
    const wanted = this.rows.map((row) => [row.type, ...this.columns.map((column) => String(row[column] ?? ""))]);
    return JSON.stringify(shown) === JSON.stringify(wanted);
  }
}

export function mount(element, props, watch, trigger) {
  const table = new LayerTable(element.querySelector(".layer-table"), props, trigger);
  // While someone types, the value equals what is shown, and the cursor must stay where it is.
  watch("value", () => table.isShown() || table.draw());
  table.draw();
}
