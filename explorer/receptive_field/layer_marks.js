// Says at each broken cell of the table what is wrong with it. The value is a list of {row, column, sentence}, rows counted
// from 1; the element is not seen.

function clear(host) {
  host.querySelectorAll(".cell-problem").forEach((line) => line.remove());
  for (const cell of host.querySelectorAll("[aria-invalid]")) {
    cell.removeAttribute("aria-invalid");
    cell.removeAttribute("title");
  }
}

function mark(host, names, { row, column, sentence }) {
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

export function mount(element, props, watch) {
  const { table, columns } = element.querySelector("[data-table]").dataset;
  watch("value", () => {
    const host = document.querySelector(table);
    if (!host) return;
    clear(host);
    const problems = Array.isArray(props.value) ? props.value : [];
    problems.forEach((problem) => mark(host, JSON.parse(columns), problem));
  });
}
