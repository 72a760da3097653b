// Clicks on the confusion matrix, and on the images of its chosen cell, handed on by an element that is not seen.
import { listenTo } from "../page/charts.js";
import { takeCells } from "../page/canvas.js";
import { setValue } from "../page/values.js";

export function mount(element) {
  const { chart } = element.querySelector("[data-chart]").dataset;
  listenTo(chart, "plotly_click", ({ points: [point] }) => setValue("classifier.cell", point.pointIndex));
  takeCells("classifier-cell", (shown, { map }) => {
    setValue("classifier.opened", { ...shown, map });
    document.querySelector(".stage")?.scrollIntoView({ behavior: "smooth" });
  });
}
