// What Gradio and plotly leave out: values of sliders out of bounds, names of charts.

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
