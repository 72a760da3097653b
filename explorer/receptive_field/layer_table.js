// The editable table of layers: the body of a gr.HTML's js_on_load, with `element`, `props`, `watch` and `trigger`.
// props.value is a list of rows, {type, kernel, stride, padding, dilation}, whose cells are what the reader typed.
const host = element.querySelector(".layer-table");
const { makeButton } = window.cnnExplorer;
const words = JSON.parse(host.dataset.words);
const columns = ["kernel", "stride", "padding", "dilation"];

function nameCell(number, column) {
  return words.row.replace("{number}", number + 1).replace("{column}", words[column]);
}

function makeCell(row, number, column) {
  const input = document.createElement("input");
  input.type = "text";
  input.inputMode = "numeric";
  input.value = row[column] ?? "";
  input.setAttribute("aria-label", nameCell(number, column));
  input.dataset.short = words[`${column}Short`];
  input.addEventListener("input", () => change(number, column, input.value));
  return input;
}

function makeType(row, number) {
  const select = document.createElement("select");
  select.setAttribute("aria-label", nameCell(number, "type"));
  for (const type of ["conv", "pool", "transposed"]) {
    select.add(new Option(words[type], type, false, row.type === type));
  }
  select.addEventListener("change", () => change(number, "type", select.value));
  select.dataset.short = words.typeShort;
  return select;
}

function inCell(tag, child) {
  const cell = document.createElement(tag);
  cell.append(child);
  return cell;
}

function rowsNow() {
  return (Array.isArray(props.value) ? props.value : []).map((row) => ({ ...row }));
}

function change(number, column, value) {
  const rows = rowsNow();
  rows[number][column] = value;
  send(rows);
}

function send(rows) {
  props.value = rows;
  trigger("input");
}

function draw() {
  const table = document.createElement("table");
  const head = table.createTHead().insertRow();
  for (const column of ["type", ...columns]) {
    head.append(inCell("th", words[`${column}Short`]));
    head.lastChild.title = words[column];
  }
  head.append(document.createElement("th"));
  const body = table.createTBody();
  rowsNow().forEach((row, number) => {
    const line = body.insertRow();
    line.append(inCell("td", makeType(row, number)));
    for (const column of columns) line.append(inCell("td", makeCell(row, number, column)));
    const remove = () => {
      resend(rowsNow().filter((_, other) => other !== number));
      const buttons = host.querySelectorAll("button"); // of the row that follows, or the one that adds
      buttons[Math.min(number, buttons.length - 1)].focus();
    };
    const label = words.remove.replace("{number}", number + 1);
    line.append(inCell("td", makeButton("×", remove, { className: "text-button remove-layer", label })));
  });
  const add = () => {
    const rows = rowsNow();
    resend([...rows, rows.at(-1) ?? { type: "conv", kernel: "3", stride: "1", padding: "1", dilation: "1" }]);
    host.querySelector("tbody tr:last-child select").focus();
  };
  const addButton = makeButton(`+ ${words.add}`, add, { className: "text-button add-layer", label: words.add });
  host.replaceChildren(table, addButton);
}

// Rows were added or taken away, or came from the server: the inputs no longer match, so draw them anew.
function resend(rows) {
  send(rows);
  draw();
}

function isShown() {
  const shown = [...host.querySelectorAll("tbody tr:not(.cell-problem)")].map((line) =>
    [...line.querySelectorAll("select, input")].map((input) => input.value),
  );
  const wanted = rowsNow().map((row) => [row.type, ...columns.map((column) => String(row[column] ?? ""))]);
  return JSON.stringify(shown) === JSON.stringify(wanted);
}

// While someone types, the value equals what is shown, and the cursor must stay where it is.
watch("value", () => isShown() || draw());
draw();
