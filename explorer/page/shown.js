// Marks of the pictures that a page shows: the body of a gr.HTML's js_on_load, see drawings.py.
// An answer that was made for another state of the page may have left out what is no longer shown: all is asked for anew.
let current = props.value?.id ?? null;
watch("value", () => {
  const { id = null, after = null } = props.value ?? {};
  const fits = after === null || after === current;
  current = fits ? id : null;
  if (fits) return;
  props.value = {};
  trigger("input");
});
