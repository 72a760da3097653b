// The header: links to the page in other languages, and the button that copies its address.
import { writeAddress } from "./address.js";
import { copyFrom } from "./buttons.js";

function goTo(event, link) {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return; // another tab or window, as the browser does it
  event.preventDefault();
  writeAddress();
  window.location.assign(link.getAttribute("href") + window.location.search);
}

function copyAddress(button) {
  writeAddress();
  copyFrom(button, window.location.href);
}

// Heard on the whole page and not by each link: a link is seen before Gradio calls what belongs to it, and whoever clicks
// it in that moment would lose what the address carries.
export function watchHeader() {
  document.addEventListener("click", (event) => {
    const link = event.target.closest(".page-header a[hreflang]");
    const button = event.target.closest(".page-header button[data-copied]");
    if (link) goTo(event, link);
    else if (button) copyAddress(button);
  });
}
