// What a reader does with a control, heard at once: Gradio tells of it later, after all that it has to do itself.

const OF_SCRIPTS = "cnn-explorer-input"; // what a control that a script of the page draws tells

// A `trigger` that tells the page before Gradio.
export const telling = (element, props, trigger) => (event) => {
  if (event === "input") element.dispatchEvent(new CustomEvent(OF_SCRIPTS, { bubbles: true, detail: props.value }));
  trigger(event);
};

const NATIVE = new Set(["range", "number", "radio", "checkbox"]); // Gradio's own; other fields belong to scripts

const isNative = (target) => target instanceof HTMLInputElement && NATIVE.has(target.type);

// The value of a native control, as Gradio will tell it.
export function valueOf({ type, value, checked }) {
  if (type === "checkbox") return checked;
  if (type === "radio") return value;
  return value === "" ? null : Number(value);
}

// Calls take(name, value) for each input of the controls with these ids, {id: name}.
export function hearControls(ids, take) {
  const hear = ({ target }, read) => {
    const found = Object.keys(ids).find((id) => target.closest?.(`#${id}`));
    if (found) take(ids[found], read(target));
  };
  document.addEventListener("input", (event) => isNative(event.target) && hear(event, valueOf), true);
  document.addEventListener(OF_SCRIPTS, (event) => hear(event, () => event.detail));
}
