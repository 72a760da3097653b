// Clicks on plotly's charts.

// Gradio may draw the chart again in another element, and plotly forgets who listens when it starts again.
function listen(place, onClick) {
  for (const plot of place.querySelectorAll(".js-plotly-plot")) {
    if (!plot.on) continue;
    plot.removeListener("plotly_click", onClick);
    plot.on("plotly_click", onClick);
  }
}

// Call a function at each click on a point of the charts below this place, which need not be in the page yet.
export function onChartClick(selector, onClick) {
  const place = document.querySelector(selector);
  if (!place) {
    window.setTimeout(() => onChartClick(selector, onClick), 100);
    return;
  }
  new MutationObserver(() => listen(place, onClick)).observe(place, { childList: true, subtree: true });
  listen(place, onClick);
}
