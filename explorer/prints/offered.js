// The figures that there are now, for the list of them. Gradio's list stumbles over becoming shorter while it is open: then it is closed
// for a moment.
const CLOSING = 300; // ms that the list needs to be gone

let offered = null; // {choices, value}, until the list has taken them

// What the list gets.
export const takeOffered = () => ({ ...offered, __type__: "update" });

export function mount(element, props, watch, trigger) {
  let count = 0; // of choices in the list
  watch("value", () => {
    const { value } = props;
    if (!value?.choices) return;
    props.value = null; // they are taken once
    const isShorter = value.choices.length < count;
    const open = isShorter && element.closest(".prints-keeping")?.querySelector("input[role=combobox][aria-expanded=true]");
    count = value.choices.length;
    const give = () => {
      offered = value;
      trigger("input");
    };
    if (!open) return give();
    open.blur();
    window.setTimeout(() => {
      give();
      window.setTimeout(() => open.focus(), CLOSING);
    }, CLOSING);
  });
}
