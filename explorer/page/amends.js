// What Gradio and plotly leave out: values of sliders out of bounds, what is typed into dropdowns, names of charts.

// Where a number of a slider is left out of bounds or empty, Gradio moves it into them, and tells neither reader nor server.
export function watchSliders() {
  document.addEventListener(
    "blur",
    ({ target }) => {
      if (!(target instanceof HTMLInputElement) || target.type !== "number" || target.min === "") return;
      const [value, written] = [Number(target.value), target.value];
      if (written !== "" && value >= Number(target.min) && value <= Number(target.max)) return;
      window.setTimeout(() => target.value !== written && target.dispatchEvent(new Event("input", { bubbles: true })));
    },
    true,
  );
}

// The place of the choice that typed words mean: the one of that name, or the only one that is left; -1 where that is not clear.
export function choiceOf(typed, names) {
  const same = names.findIndex((name) => name.trim().toLowerCase() === typed.trim().toLowerCase());
  return same < 0 && names.length === 1 && typed.trim() !== "" ? 0 : same;
}

const isDropdown = (target) => target instanceof HTMLInputElement && target.getAttribute("role") === "combobox";

// What stands in a dropdown gives way to what a reader types: else the letters would be added to the name that is chosen.
function selectOnEntry() {
  let entered = null; // by a click, which would take the selection away again
  const select = (event) => {
    if (!isDropdown(event.target)) return;
    if (event.type === "focus") entered = event.target;
    if (entered === event.target) event.target.select();
    if (event.type === "click") entered = null;
  };
  for (const type of ["focus", "click"]) document.addEventListener(type, select, true);
}

// Where a reader types into a dropdown and leaves it without Enter, Gradio forgets it.
export function watchDropdowns() {
  selectOnEntry();
  document.addEventListener(
    "blur",
    ({ target }) => {
      if (!isDropdown(target)) return;
      const list = document.getElementById(target.getAttribute("aria-controls"));
      const options = [...(list?.querySelectorAll("[role=option]") ?? [])];
      const place = choiceOf(target.value, options.map(({ ariaLabel, textContent }) => ariaLabel ?? textContent));
      const isChosen = options[place]?.getAttribute("aria-selected") === "true";
      if (place >= 0 && !isChosen) options[place].dispatchEvent(new MouseEvent("mousedown", { bubbles: true, cancelable: true }));
    },
    true,
  );
}

// Plotly draws charts without a name: a screen reader gets the title and the names of the axes.
function nameCharts() {
  for (const chart of document.querySelectorAll(".js-plotly-plot:not([aria-label])")) {
    const { title, yaxis, xaxis } = chart.layout ?? {};
    const words = [title, yaxis?.title, xaxis?.title].map((each) => each?.text).filter(Boolean);
    if (words.length === 0) continue;
    chart.setAttribute("role", "img");
    chart.setAttribute("aria-label", words.join(" · "));
  }
}

export function watchCharts() {
  let naming = 0;
  new MutationObserver(() => {
    window.cancelAnimationFrame(naming);
    naming = window.requestAnimationFrame(nameCharts);
  }).observe(document.documentElement, { childList: true, subtree: true });
}
