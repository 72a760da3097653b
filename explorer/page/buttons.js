// Buttons of a script's own making, and what copying says on them.

// The label is what a screen reader and a tooltip say instead of a mere sign.
export function makeButton(text, act, { className = "", label = text } = {}) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = className;
  button.textContent = text;
  if (label !== text) {
    button.title = label;
    button.setAttribute("aria-label", label);
  }
  button.addEventListener("click", act);
  return button;
}

async function copyText(text) {
  if (navigator.clipboard && window.isSecureContext) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const field = document.createElement("textarea"); // plain http on a local network has no clipboard
  field.value = text;
  document.body.append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
}

// Copy, and say so on the button for a moment: its data-copied holds the words.
export async function copyFrom(button, text) {
  await copyText(text);
  button.dataset.label ??= button.textContent; // a second click comes while it says so already
  button.textContent = button.dataset.copied;
  window.setTimeout(() => (button.textContent = button.dataset.label), 1600);
}
