// Clicks on the growth chart: the body of the js_on_load of a gr.HTML that is not seen, with `element` and `trigger`.
// Each line of the chart carries the name of its network in `meta`; the number of a point is that of its layer.
const { chart } = element.querySelector("[data-chart]").dataset;
const send = window.cnnExplorer.makeSender(trigger);

function pass({ points }) {
  const point = points.find(({ data }) => data.meta);
  if (point) send("click", { network: point.data.meta, layer: point.pointNumber });
}

// Gradio may draw the chart anew in another element, and plotly forgets who listens when it starts again.
function listen(place) {
  for (const plot of place.querySelectorAll(".js-plotly-plot")) {
    if (!plot.on) continue;
    plot.removeListener("plotly_click", pass);
    plot.on("plotly_click", pass);
  }
}

// The chart is put into the page when its tab is first shown, perhaps after this script has run.
function start() {
  const place = document.querySelector(chart);
  if (!place) {
    window.setTimeout(start, 100);
    return;
  }
  new MutationObserver(() => listen(place)).observe(place, { childList: true, subtree: true });
  listen(place);
}

start();
