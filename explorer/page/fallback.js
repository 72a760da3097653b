// What to do when a script of the page does not come: explorer/page/language.py writes it into the page, for it must be there.
// The page is asked for once more, as after an upgrade of the server; then a sentence explains the problem.
window.cnnExplorerScripts = {
  flag: (name) => `cnnExplorer.askedAgain.${name}`,
  came(name) {
    window.sessionStorage.removeItem(this.flag(name));
  },
  failed(name) {
    if (window.sessionStorage.getItem(this.flag(name)) === null) {
      window.sessionStorage.setItem(this.flag(name), "");
      window.location.reload();
      return;
    }
    if (this.hasTold) return; // of another script
    this.hasTold = true;
    const line = document.createElement("p");
    line.setAttribute("role", "alert");
    line.style.cssText = "margin: 0; padding: 12px 24px; font: 18px/1.5 sans-serif; color: #7a1f00; background: #fff1e6";
    line.textContent = window.cnnExplorerPage.noScripts;
    document.body.prepend(line);
  },
};
{
  // Nor does anything of the page stand where a script of Gradio does not come; later lost.js tells it.
  let hasFailed = false; // often several of them do not come
  const fail = () => {
    if (hasFailed || document.querySelector(".page-header") !== null) return;
    hasFailed = true;
    window.cnnExplorerScripts.failed("gradio");
  };
  window.addEventListener("vite:preloadError", fail);
  const isGradios = ({ target }) => target instanceof HTMLScriptElement && target.src.includes("/assets/");
  window.addEventListener("error", (event) => isGradios(event) && fail(), true);
}
