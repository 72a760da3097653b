// Marks of the pictures that a page shows: the body of a gr.HTML's js_on_load, see drawings.py.
// An answer that was made for another state of the page may have left out what is no longer shown: all is asked for anew.
let shown = props.value?.marks ?? {};
watch("value", () => {
  const { marks = {}, sent = [] } = props.value ?? {};
  const fits = Object.entries(marks).every(([name, mark]) => sent.includes(name) || shown[name] === mark);
  shown = fits ? marks : {};
  if (fits) return;
  props.value = {};
  trigger("input");
});
