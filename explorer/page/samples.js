// The picker of explorer/page/samples.py: one thumbnail a class, and a button for the next of the chosen class.
(() => {
  const explorer = (window.cnnExplorer ??= {});

  // Thumbnails are parts of one picture, --samples, with a row a class; see encode_sprite.
  function showThumbnail(thumbnail, index, perClass, classes) {
    const [row, column] = [Math.floor(index / perClass), index % perClass];
    thumbnail.style.backgroundPosition = `${(column / (perClass - 1)) * 100}% ${(row / (classes - 1)) * 100}%`;
  }

  explorer.mountPicker = (element, props, watch, trigger, inputEvent) => {
    const host = element.querySelector(".sample-picker");
    const { names, next, perClass } = JSON.parse(host.dataset.words);
    const shown = names.map((_, label) => label * perClass); // the sample that stands for each class now

    const thumbnails = names.map((name, label) => {
      const act = () => choose(shown[label]);
      const thumbnail = explorer.makeButton("", act, { className: "thumbnail", label: name });
      thumbnail.style.backgroundSize = `${perClass * 100}% ${names.length * 100}%`;
      return thumbnail;
    });
    const caption = document.createElement("span");
    caption.className = "sample-name";
    const chooseNext = () => {
      const label = Math.floor(current() / perClass);
      choose(label * perClass + ((current() + 1) % perClass));
    };
    const nextButton = explorer.makeButton(next, chooseNext, { className: "text-button next-sample" });
    const line = document.createElement("div");
    line.className = "sample-line";
    line.append(caption, nextButton);
    const grid = document.createElement("div");
    grid.className = "thumbnails";
    grid.append(...thumbnails);
    host.append(grid, line);

    function current() {
      const index = Number(props.value);
      return Number.isInteger(index) && index >= 0 && index < names.length * perClass ? index : 0;
    }

    function choose(index) {
      props.value = index;
      show();
      trigger(inputEvent);
    }

    function show() {
      const chosen = Math.floor(current() / perClass);
      shown[chosen] = current();
      thumbnails.forEach((thumbnail, label) => {
        showThumbnail(thumbnail, shown[label], perClass, names.length);
        thumbnail.setAttribute("aria-pressed", String(label === chosen));
      });
      caption.textContent = names[chosen];
    }

    watch("value", show);
    show();
  };
})();
