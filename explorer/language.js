// Runs before Gradio: what the page's own language is, whatever the browser's. See explorer/language.py.
(() => {
  const { language, title } = window.cnnExplorerPage;
  Object.defineProperty(navigator, "language", { get: () => language });
  Object.defineProperty(navigator, "languages", { get: () => [language] });
  window.gradio_config.title = title;
})();
