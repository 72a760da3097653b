// The button that copies the PyTorch code.
(() => {
  const explorer = (window.cnnExplorer ??= {});

  explorer.mountCode = (element) => {
    element.addEventListener("click", (event) => {
      const button = event.target.closest("button[data-copied]");
      if (button) explorer.copyFrom(button, element.querySelector("pre").textContent);
    });
  };
})();
