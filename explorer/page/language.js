// The page's own language, whatever the browser's. See explorer/page/language.py.
import { known } from "./words.js";

// Must be called before Gradio looks.
export function setLanguage() {
  const { language, title } = known();
  Object.defineProperty(navigator, "language", { get: () => language });
  Object.defineProperty(navigator, "languages", { get: () => [language] });
  window.gradio_config.title = title;

  // Gradio and address.js write "?tab=shapes". Alone it would be read from the base of the page, which is "/" on "/zh" as well.
  const replaceState = window.history.replaceState.bind(window.history);
  window.history.replaceState = (state, unused, address) => {
    const isQuery = typeof address === "string" && address.startsWith("?");
    replaceState(state, unused, isQuery ? window.location.pathname + address : address);
  };
}
