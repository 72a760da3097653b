// Hands a file that came with an answer to the reader; see keeping.py.
import { writeAddress } from "../page/address.js";
import { bytesOf } from "../page/drawing.js";

// The address of the page as it is now, in the place of the first value that an event sends.
export function withAddress(_, ...values) {
  writeAddress();
  return [window.location.href, ...values];
}

function hand({ name, type, bytes }) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([bytesOf(bytes)], { type }));
  link.download = name;
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

export function mount(element, props, watch) {
  watch("value", () => {
    const file = props.value;
    if (!file?.bytes) return;
    props.value = null; // it is handed over once, and need not stay in the page
    hand(file);
  });
}
