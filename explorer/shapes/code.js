// The button that copies the PyTorch code.
import { copyFrom } from "../page/buttons.js";

export function mount(element) {
  element.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-copied]");
    if (button) copyFrom(button, element.querySelector("pre").textContent);
  });
}
