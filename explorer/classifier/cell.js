// Clicks on the confusion matrix, handed on by an element that is not seen.
import { onChartClick } from "../page/charts.js";
import { setValue } from "../page/values.js";

export function mount(element) {
  const { chart } = element.querySelector("[data-chart]").dataset;
  onChartClick(chart, ({ points: [{ pointIndex }] }) => setValue("classifier.cell", [...pointIndex]));
}
