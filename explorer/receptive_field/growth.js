// Clicks on the growth chart, handed on by an element that is not seen. Each line of the chart carries the name of its
// network in `meta`; a point stands at the number of its layer.
import { onChartClick } from "../page/charts.js";
import { forgetChoice, setValue } from "../page/values.js";

function pass({ points }, stacks) {
  const point = points.find(({ data }) => data.meta);
  if (!point) return;
  const { meta: network, x } = point.data;
  if (stacks.includes(network)) setValue("receptive_field.stack", network);
  else setValue("receptive_field.chosen", { network, layer: point.x, last: x[x.length - 1] });
}

export function mount(element) {
  const { chart, stacks } = element.querySelector("[data-chart]").dataset;
  onChartClick(chart, (event) => pass(event, JSON.parse(stacks))); // its tab may be shown for the first time after this
}

// A layer was chosen; one of another network brings that network to the front, and the one before among the compared.
// `fixed` holds the sizes of the networks that take one only. Returns model, size, layer, last and compared.
export function bringForward({ network, layer, last }, model, size, compared, fixed) {
  forgetChoice("receptive_field.model");
  const slider = { __type__: "update", maximum: last, value: layer };
  return [network, fixed[network] ?? size, slider, last, compared.map((name) => (name === network ? model : name))];
}
