// The button that copies the PyTorch code.
(() => {
  const explorer = (window.cnnExplorer ??= {});

  explorer.mountCode = (element) => {
    element.addEventListener("click", async (event) => {
      const button = event.target.closest("button[data-copied]");
      if (!button) return;
      await explorer.copyText(element.querySelector("pre").textContent);
      const label = button.textContent;
      button.textContent = button.dataset.copied;
      window.setTimeout(() => (button.textContent = label), 1600);
    });
  };
})();
