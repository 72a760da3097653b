// Says at each broken cell of the table what is wrong with it: the body of the js_on_load of a gr.HTML that is not
// seen, with `element`, `props` and `watch`. props.value is a list of {row, column, sentence}, rows counted from 1.
const { table, columns } = element.querySelector("[data-table]").dataset;
const names = JSON.parse(columns);

function clear(host) {
  host.querySelectorAll(".cell-problem").forEach((line) => line.remove());
  for (const cell of host.querySelectorAll("[aria-invalid]")) {
    cell.removeAttribute("aria-invalid");
    cell.removeAttribute("title");
  }
}

function mark(host, { row, column, sentence }) {
  const line = host.querySelectorAll("tbody tr:not(.cell-problem)")[row - 1];
  if (!line) return;
  const cell = line.querySelectorAll("select, input")[names.indexOf(column)];
  cell?.setAttribute("aria-invalid", "true");
  cell?.setAttribute("title", sentence);
  const below = document.createElement("tr");
  below.className = "cell-problem";
  const words = document.createElement("td");
  words.colSpan = names.length + 1;
  words.textContent = cell ? `↑ ${cell.dataset.short}: ${sentence}` : sentence;
  below.append(words);
  let last = line; // further remarks on the same row stand in the order of its cells
  while (last.nextElementSibling?.classList.contains("cell-problem")) last = last.nextElementSibling;
  last.after(below);
}

function show() {
  const host = document.querySelector(table);
  if (!host) return;
  clear(host);
  (Array.isArray(props.value) ? props.value : []).forEach((problem) => mark(host, problem));
}

watch("value", show);
