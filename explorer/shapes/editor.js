// The fields of the chosen layer. Mounted by the gr.HTML of explorer/shapes/tab.py, whose value is what
// explorer/shapes/panels.py draws; what someone does is told by `explorer.act`.
(() => {
  const explorer = (window.cnnExplorer ??= {});

  function makeField(field, layer, send) {
    const label = document.createElement("label");
    const name = document.createElement("span");
    name.textContent = field.label;
    const input = document.createElement("input");
    input.type = "text";
    input.value = field.value;
    input.autocomplete = "off";
    input.spellcheck = false;
    input.dataset.setting = field.name;
    input.setAttribute("aria-label", `${layer}: ${field.label}`);
    const change = () => input.value.trim() && send({ action: "edit", layer, setting: field.name, value: input.value });
    input.addEventListener("input", change);
    // The arrow keys count, also where the field holds one whole number.
    input.addEventListener("keydown", (event) => {
      const step = { ArrowUp: 1, ArrowDown: -1 }[event.key];
      if (!step || !/^\d+$/.test(input.value)) return;
      event.preventDefault();
      input.value = Math.max(0, Number(input.value) + step);
      change();
    });
    label.append(name, input);
    return label;
  }

  explorer.mountEditor = (element, props, watch) => {
    const host = element.querySelector(".layer-editor");
    let shown = ""; // layer and names of the fields that are in the page

    const send = (what) => explorer.act("shapes", what);

    function build(value) {
      const title = document.createElement("p");
      title.className = "editor-title";
      if (value.layer) {
        const name = document.createElement("b");
        name.textContent = value.layer;
        title.append(name, value.kind ? ` ${value.kind}` : "");
      }
      const note = document.createElement("p");
      note.className = "editor-note";
      const fields = document.createElement("div");
      fields.className = "editor-fields";
      fields.append(...value.fields.map((field) => makeField(field, value.layer, send)));
      const buttons = document.createElement("div");
      buttons.className = "editor-buttons";
      for (const action of ["mend", "undo", "reset"]) {
        const className = `text-button editor-${action}`;
        buttons.append(explorer.makeButton(value.words[action], () => send({ action }), { className }));
      }
      host.replaceChildren(title, note, fields, buttons);
    }

    function draw() {
      const value = props.value;
      if (!value?.fields) return;
      explorer.heard("shapes", value.heard);
      const wanted = JSON.stringify([value.layer, value.fields.map(({ name }) => name)]);
      if (wanted !== shown) build(value);
      shown = wanted;
      host.querySelector(".editor-note").textContent = value.note;
      value.fields.forEach((field) => {
        const input = host.querySelector(`input[data-setting="${field.name}"]`);
        input.classList.toggle("changed", field.changed);
        if (document.activeElement !== input) input.value = field.value; // while someone types, the field is theirs
      });
      host.querySelector(".editor-mend").hidden = !value.mend;
      host.querySelector(".editor-undo").hidden = !value.undo;
      host.querySelector(".editor-reset").hidden = !value.undo;
      explorer.markLayer?.(value.layer);
      explorer.showView?.(value.view);
    }

    watch("value", draw);
    draw();
  };
})();
