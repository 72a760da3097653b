// The page as a whole: links that open a tab with its settings, and the header's two links.
(() => {
  const explorer = (window.cnnExplorer ??= {});

  const LONGEST_TEXT = 200; // of one setting in a link
  const wings = {}; // wing -> the names of its settings that a link carries; the first one is shown at first
  const known = {}; // wing -> {name: value} that its link asked for or that was set since
  const asked = new URLSearchParams(window.location.search); // before anything writes another address
  let shown = "";

  function writeAddress() {
    const address = new URLSearchParams(window.location.search);
    for (const name of ["tab", ...Object.values(wings).flat()]) address.delete(name);
    const settings = Object.entries(known[shown] ?? {});
    if (settings.length > 0 || shown !== Object.keys(wings)[0]) address.set("tab", shown);
    for (const [name, value] of settings) address.set(name, value);
    const text = address.toString();
    window.history.replaceState(window.history.state, "", text ? `?${text}` : window.location.pathname);
  }

  // Called once a wing. Hands the link's settings to the server where the link is for this wing.
  explorer.mountLink = (element, props, trigger, openEvent) => {
    const { wing, settings } = element.querySelector("[data-wing]").dataset;
    wings[wing] = JSON.parse(settings);
    shown ||= wing;
    if (asked.get("tab") !== wing) return;
    shown = wing;
    const given = wings[wing].filter((name) => asked.has(name));
    known[wing] = Object.fromEntries(given.map((name) => [name, asked.get(name).slice(0, LONGEST_TEXT)]));
    props.value = known[wing];
    trigger(openEvent);
  };

  explorer.showTab = (wing) => {
    shown = wing;
    writeAddress();
  };

  explorer.rememberSetting = (wing, name, value) => {
    (known[wing] ??= {})[name] = value;
    writeAddress();
  };

  explorer.copyText = async (text) => {
    if (navigator.clipboard && window.isSecureContext) {
      await navigator.clipboard.writeText(text);
      return;
    }
    const field = document.createElement("textarea"); // plain http on a local network has no clipboard
    field.value = text;
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  };

  explorer.mountHeader = (element) => {
    const link = element.querySelector("a[hreflang]");
    link.addEventListener("click", (event) => {
      event.preventDefault();
      window.location.assign(link.getAttribute("href") + window.location.search);
    });
    const button = element.querySelector("button[data-copied]");
    const label = button.textContent;
    button.addEventListener("click", async () => {
      await explorer.copyText(window.location.href);
      button.textContent = button.dataset.copied;
      window.setTimeout(() => (button.textContent = label), 1600);
    });
  };
})();
