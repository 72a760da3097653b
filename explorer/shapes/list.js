// The text field for a list of layers; what is typed or pasted is read by the server, never run.
export function mount(element, props, watch, trigger) {
  const host = element.querySelector(".layer-list");
  const label = document.createElement("label");
  const name = document.createElement("span");
  name.textContent = host.dataset.label;
  const field = document.createElement("textarea");
  field.rows = 10;
  field.spellcheck = false;
  field.autocomplete = "off";
  field.value = props.value ?? "";
  field.addEventListener("input", () => {
    props.value = field.value;
    trigger("input");
  });
  label.append(name, field);
  host.replaceChildren(label);
  watch("value", () => {
    if (field.value !== props.value) field.value = props.value ?? "";
  });
}
