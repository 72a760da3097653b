// The chosen layer, which is marked in everything that stands for it.

let chosen = "";

// Elements carry data-layers=" name name "; without a name, marks what was drawn again.
export function markLayer(name = chosen) {
  chosen = name;
  document.querySelectorAll("[data-layers]").forEach((element) => {
    const is = Boolean(name) && element.dataset.layers.includes(` ${name} `);
    if (element.classList.contains("chosen") !== is) element.classList.toggle("chosen", is);
  });
}

// One of the three pictures is shown; the style sheet goes by data-view.
export function showView(view) {
  document.querySelectorAll(".shapes-views").forEach((each) => (each.dataset.view = view));
}
