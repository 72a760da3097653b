// The header: links to the page in other languages, and the button that copies its address.
import { writeAddress } from "./address.js";
import { copyFrom } from "./buttons.js";

export function mount(element) {
  for (const link of element.querySelectorAll("a[hreflang]")) {
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return; // another tab or window, as the browser does it
      event.preventDefault();
      writeAddress();
      window.location.assign(link.getAttribute("href") + window.location.search);
    });
  }
  const button = element.querySelector("button[data-copied]");
  button.addEventListener("click", () => {
    writeAddress();
    copyFrom(button, window.location.href);
  });
}
