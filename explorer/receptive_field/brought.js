// What the server made of a file that the reader brought: the body of a gr.HTML's js_on_load, with `props` and `watch`.
// props.value is what on_upload gives; one that comes after something else was set is let pass.
watch("value", () => {
  const { cnnExplorer } = window;
  const { number, picture, problem } = props.value ?? {};
  if (!cnnExplorer.isLastRequest("receptive_field.picture", number)) return;
  if (problem) cnnExplorer.tell(problem, document.getElementById("receptive-field-upload"));
  else if (picture) cnnExplorer.setValue("receptive_field.picture", picture);
});
