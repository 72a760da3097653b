// The page's own language, whatever the browser's. See explorer/page/language.py.
import { known } from "./words.js";

// Must be called before Gradio looks.
export function setLanguage() {
  const { language, title } = known();
  Object.defineProperty(navigator, "language", { get: () => language });
  Object.defineProperty(navigator, "languages", { get: () => [language] });
  window.gradio_config.title = title;
}
