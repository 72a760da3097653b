// What the server made of a file that the reader brought. The value is what on_upload gives; one that comes after another
// setting was changed is ignored.
import { tell } from "../page/files.js";
import { isLastRequest, setValue } from "../page/values.js";

export function mount(element, props, watch) {
  const { picture: name } = element.querySelector("[data-picture]").dataset; // of the requests, and of the value
  watch("value", () => {
    const { number, picture, problem } = props.value ?? {};
    if (!isLastRequest(name, number)) return;
    if (problem) tell(problem, document.getElementById("receptive-field-upload"));
    else if (picture) setValue(name, picture);
  });
}
