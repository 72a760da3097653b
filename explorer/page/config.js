// What Gradio is told before it mounts the page: its `config`, which the server writes into it.

// A deep proxy of Svelte answers for each plain object in it. Gradio reads the targets of all events for each component, more than
// a hundred thousand times a page: objects of a class are read as they are, in a fraction of the time.
class Fixed {}
class FixedList extends Array {}

function fix(value) {
  if (Array.isArray(value)) return FixedList.from(value, fix);
  if (value === null || typeof value !== "object") return value;
  return Object.assign(new Fixed(), Object.fromEntries(Object.entries(value).map(([name, each]) => [name, fix(each)])));
}

export function fixEvents(config) {
  config.dependencies = fix(config.dependencies);
}

// Of the tabs Gradio mounts the one that is selected; a link that asks for another one would have both mounted.
export function selectTab({ components }, tab) {
  const isThere = components.some(({ type, props }) => type === "tabitem" && props.id === tab);
  if (isThere) components.find(({ type }) => type === "tabs").props.selected = tab;
}
