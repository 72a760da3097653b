// Runs before Gradio: what the page's own language is, whatever the browser's, and when the page is left. See
// explorer/page/language.py.
(() => {
  const { language, title } = window.cnnExplorerPage;
  Object.defineProperty(navigator, "language", { get: () => language });
  Object.defineProperty(navigator, "languages", { get: () => [language] });
  window.gradio_config.title = title;

  // Gradio and page.js write "?tab=shapes". Alone it would be read from the base of the page, which is "/" on "/zh" as well.
  const replaceState = window.history.replaceState.bind(window.history);
  window.history.replaceState = (state, unused, address) => {
    const isQuery = typeof address === "string" && address.startsWith("?");
    replaceState(state, unused, isQuery ? window.location.pathname + address : address);
  };

  // Gradio gives up its connections at this event, which comes for a download as well, where the page stays. It hears
  // of it when the page is really left: then page.js makes the event itself.
  window.addEventListener("beforeunload", (event) => event.isTrusted && event.stopImmediatePropagation());
})();
