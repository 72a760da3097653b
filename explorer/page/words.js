// What Python tells the scripts of a page.

// The language, and the limits and the grammar that both sides know: explorer/page/language.py.
export const known = () => window.cnnExplorerPage;

// Sentences of the reader's language, and limits that are set where the app is started: explorer/interface.py.
export const pageWords = () => document.getElementById("page-words")?.dataset ?? {};
