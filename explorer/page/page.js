// The page as a whole: links that open a tab with its settings, and the header's links and button.
(() => {
  const explorer = (window.cnnExplorer ??= {});

  const LONGEST_TEXT = 2000; // of one setting in a link: a table of 64 layers
  const LONGEST_WAIT = 30_000; // ms for the answer to a link
  const WRITING_PAUSE = 250; // ms: browsers refuse to write an address at each step of a slider
  const wings = {}; // wing -> {name: what it is at first} of what a link carries; the first wing is shown at first
  const known = {}; // wing -> {name: value} that its link asked for or that was set since
  const asked = new URLSearchParams(window.location.search); // before anything writes another address
  let shown = "";
  let writing = 0;

  // Sentences of the reader's language, and limits, that the header brings along.
  const pageWords = () => document.getElementById("page-words")?.dataset ?? {};

  function writeAddressSoon() {
    window.clearTimeout(writing);
    writing = window.setTimeout(writeAddress, WRITING_PAUSE);
  }

  function writeAddress() {
    window.clearTimeout(writing);
    const address = new URLSearchParams(window.location.search);
    for (const name of ["tab", ...Object.values(wings).flatMap(Object.keys)]) address.delete(name);
    const settings = Object.entries(known[shown] ?? {});
    if (settings.length > 0 || shown !== Object.keys(wings)[0]) address.set("tab", shown);
    for (const [name, value] of settings) address.set(name, value);
    const text = address.toString();
    window.history.replaceState(window.history.state, "", window.location.pathname + (text ? `?${text}` : ""));
  }

  // Called once a wing. Hands the link's settings to the server where the link is for this wing.
  explorer.mountLink = (element, props, trigger, openEvent) => {
    const { wing, settings } = element.querySelector("[data-wing]").dataset;
    wings[wing] = JSON.parse(settings);
    shown ||= wing;
    if (asked.get("tab") !== wing) return;
    shown = wing;
    const given = Object.keys(wings[wing]).filter((name) => asked.has(name));
    known[wing] = Object.fromEntries(given.map((name) => [name, asked.get(name).slice(0, LONGEST_TEXT)]));
    props.value = known[wing];
    if (given.length > 0) {
      const page = document.documentElement; // until the pictures are those of the settings
      page.style.setProperty("--opening", JSON.stringify(pageWords().opening ?? ""));
      page.classList.add("opening-link");
      window.setTimeout(explorer.linkOpened, LONGEST_WAIT);
    }
    trigger(openEvent);
  };

  explorer.linkOpened = () => document.documentElement.classList.remove("opening-link");

  explorer.showTab = (wing) => {
    shown = wing;
    writeAddressSoon();
  };

  // A matrix as "1,0,-1;2,0,-2", a table as "conv,3,1,1,1;pool,2,2,0,1": one row after the other.
  function textOf(value) {
    if (!Array.isArray(value)) return String(value);
    return value.map((row) => (typeof row === "object" ? Object.values(row) : [row]).join(",")).join(";");
  }

  // Called whenever a setting has another value. What stands as it does at first needs no place in the address.
  explorer.rememberSetting = (wing, name, value) => {
    if (!wings[wing]) return; // components tell their first values before the wing's link is read
    const settings = (known[wing] ??= {});
    const isFirst = value === null || textOf(value) === textOf(wings[wing][name]);
    const text = isFirst ? undefined : textOf(value).slice(0, LONGEST_TEXT);
    if (text === settings[name]) return;
    if (isFirst) delete settings[name];
    else settings[name] = text;
    writeAddressSoon();
  };

  // ---- files that are too large, or no pictures ---------------------------------------------------------------

  // Said here, before anything is sent: Gradio would send them, and answer in English.
  function problemOf(file) {
    if (!file.type.startsWith("image/")) return pageWords().noPicture;
    return file.size > Number(pageWords().mostBytes) ? pageWords().tooLarge : null;
  }

  let deeds = 0; // of the reader; each of them ends what was told before

  const isShown = (element) => element.getClientRects().length > 0;

  // It stands beside the line above the picture, not in it, where the answer to what was asked before may still be written.
  explorer.tell = (sentence, place) => {
    const tab = place.closest(".tabitem") ?? document;
    tab.querySelectorAll(".of-file").forEach((line) => line.remove());
    const lines = [...tab.querySelectorAll(".look-for")];
    const line = lines.find(isShown) ?? lines[0];
    const problem = document.createElement("p");
    problem.className = "look-for look-for-line problem of-file";
    problem.setAttribute("role", "alert");
    problem.textContent = sentence;
    // On a phone the line above the picture is out of sight while the controls below it are used.
    const { bottom, top } = line.getBoundingClientRect();
    const isScrolledAway = isShown(line) && (bottom <= 0 || top >= innerHeight);
    const block = isScrolledAway && place.closest(".block");
    (block || line.closest(".look-for-line")).before(problem);
    problem.scrollIntoView({ block: "nearest" });
  };

  // What was told in a tab that is not shown has not been read yet.
  function endTold() {
    deeds += 1;
    [...document.querySelectorAll(".of-file")].filter(isShown).forEach((line) => line.remove());
  }

  function refuse(event, files) {
    endTold();
    const problem = [...(files ?? [])].map(problemOf).find(Boolean);
    if (!problem) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    explorer.tell(problem, event.target);
  }

  const isChooser = (target) => target instanceof HTMLInputElement && target.type === "file";
  document.addEventListener(
    "change",
    (event) => {
      const chooser = isChooser(event.target) ? event.target : null;
      refuse(event, chooser?.files);
      if (event.defaultPrevented) chooser.value = ""; // the same file can be chosen again
    },
    true,
  );
  document.addEventListener(
    "drop",
    (event) => {
      refuse(event, event.dataTransfer?.files);
      if (event.defaultPrevented) event.target.dispatchEvent(new DragEvent("dragleave", { bubbles: true }));
    },
    true,
  );
  for (const kind of ["click", "input"]) {
    document.addEventListener(kind, (event) => isChooser(event.target) || refuse(event, []), true);
  }

  // ---- what the browser does not lend ---------------------------------------------------------------------------

  // Gradio's camera and its button to paste would fail without a word, or with the name of one. On pages that come over
  // plain http from another machine a browser has neither.
  // Elsewhere it asks the reader, and may find nothing: what is then awaited never comes, and the button stays.
  function lend(lender, method, button, denied, findProblem) {
    const ask = lender?.[method]?.bind(lender);
    if (!ask) {
      const refuseClick = (event) => {
        if (!event.target.closest(button)) return;
        event.stopImmediatePropagation();
        explorer.tell(pageWords()[denied], event.target);
      };
      document.addEventListener("click", refuseClick, true);
      return;
    }
    lender[method] = async (...given) => {
      const before = deeds;
      const lent = await ask(...given).catch(() => null);
      const problem = lent ? await findProblem(lent) : pageWords()[denied];
      if (!problem) return lent;
      if (deeds === before) explorer.tell(problem, document.activeElement); // else the reader has gone on
      return new Promise(() => {});
    };
  }

  async function problemOfPasted(items) {
    for (const item of items) {
      const type = item.types.find((each) => each.startsWith("image/"));
      if (type) return problemOf(await item.getType(type));
    }
    return pageWords().noPasted;
  }

  lend(navigator.mediaDevices, "getUserMedia", ".camera button", "noCamera", () => null);
  lend(navigator.clipboard, "read", '[aria-label="Paste from clipboard"]', "noClipboard", problemOfPasted);

  // ---- values that scripts set ----------------------------------------------------------------------------------

  // One that comes while the answer to another event is awaited is read when its own turn comes, where the data of an
  // event would be that of the first: so clicks are told as values.
  const setters = {}; // name -> function that sets the value of a component which is not seen, and tells Gradio

  explorer.mountSetter = (props, trigger, name) => {
    setters[name] = (value) => {
      props.value = value;
      trigger("input");
    };
  };

  explorer.setValue = (name, value) => setters[name](value);

  // ---- answers that come too late -------------------------------------------------------------------------------

  const requests = {}; // name -> number of the last one

  // A request sends its number along and finds it in the answer. Something else in its place takes a number as well.
  explorer.nextRequest = (name) => (requests[name] = (requests[name] ?? 0) + 1);

  explorer.isLastRequest = (name, number) => requests[name] === number;

  const choices = {}; // name -> what was chosen last

  // What a choice brings along, for an output of a function of the page. Gradio's dropdown tells each choice more than
  // once, at last when it loses the focus: then nothing is set anew.
  explorer.onNewChoice = (name, choice, value) => {
    const isNew = choices[name] !== choice;
    choices[name] = choice;
    return isNew && value !== undefined ? value : { __type__: "update" };
  };

  // Something else was set in the place of what was chosen: the same choice would be a new one.
  explorer.forgetChoice = (name) => delete choices[name];

  // A button of a script's own making; its label is what a screen reader and a tooltip say instead of a mere sign.
  explorer.makeButton = (text, act, { className = "", label = text } = {}) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = className;
    button.textContent = text;
    if (label !== text) {
      button.title = label;
      button.setAttribute("aria-label", label);
    }
    button.addEventListener("click", act);
    return button;
  };

  // ---- leaving the page -----------------------------------------------------------------------------------------

  // Gradio aborts the streams over which its answers come, and takes that for a lost connection: it logs errors, and a page
  // that is shown again tells it the reader. So they end before that, as if the server had ended them. They cannot just go
  // on: a page that is kept to be shown again keeps its connections, and a browser has six for all pages of a server.
  const streams = new Map(); // the request of each that is open -> function that ends it
  let isLeft = false;
  let isAnswerLost = false;

  const isStream = (request) => request instanceof Request && request.headers.get("Accept") === "text/event-stream";

  function makeEndable(request, response) {
    const { readable, writable } = new TransformStream({
      start: (controller) => streams.set(request, () => controller.terminate()),
      flush: () => streams.delete(request),
    });
    request.signal.addEventListener("abort", () => streams.delete(request));
    response.body.pipeTo(writable).catch(() => streams.delete(request)); // the reader of the stream hears of it
    return new Response(readable, response);
  }

  const fetchAny = window.fetch.bind(window);
  window.fetch = async (request, ...settings) => {
    if (!isStream(request)) return fetchAny(request, ...settings);
    try {
      return makeEndable(request, await fetchAny(request, ...settings));
    } catch (error) {
      if (isLeft) return new Response();
      throw error;
    }
  };

  function endStreams() {
    isAnswerLost = [...streams.keys()].some(({ url }) => !url.includes("/heartbeat/"));
    streams.forEach((end) => end());
    streams.clear();
  }

  window.addEventListener("pagehide", () => {
    isLeft = true;
    endStreams();
    window.dispatchEvent(new Event("beforeunload")); // which language.js lets through: Gradio opens others when it must
  });
  window.addEventListener("pageshow", () => {
    isLeft = false;
    if (isAnswerLost) window.location.reload(); // shown again, but what is awaited would never come
  });

  // ---- sliders --------------------------------------------------------------------------------------------------

  // Where a number of a slider is left out of bounds or empty, Gradio moves it into them, and tells neither reader nor server.
  document.addEventListener(
    "blur",
    ({ target }) => {
      if (!(target instanceof HTMLInputElement) || target.type !== "number" || target.min === "") return;
      const [value, written] = [Number(target.value), target.value];
      if (written !== "" && value >= Number(target.min) && value <= Number(target.max)) return;
      window.setTimeout(() => target.value !== written && target.dispatchEvent(new Event("input", { bubbles: true })));
    },
    true,
  );

  // ---- charts ---------------------------------------------------------------------------------------------------

  // Plotly draws charts without a name: a screen reader is told the title and what stands on the axes.
  function nameCharts() {
    for (const chart of document.querySelectorAll(".js-plotly-plot:not([aria-label])")) {
      const { title, yaxis, xaxis } = chart.layout ?? {};
      const words = [title, yaxis?.title, xaxis?.title].map((each) => each?.text).filter(Boolean);
      if (words.length === 0) continue;
      chart.setAttribute("role", "img");
      chart.setAttribute("aria-label", words.join(" · "));
    }
  }

  let naming = 0;
  new MutationObserver(() => {
    window.cancelAnimationFrame(naming);
    naming = window.requestAnimationFrame(nameCharts);
  }).observe(document.documentElement, { childList: true, subtree: true });

  async function copyText(text) {
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
  }

  // Copy, and say so on the button for a moment: its data-copied holds the words.
  explorer.copyFrom = async (button, text) => {
    await copyText(text);
    button.dataset.label ??= button.textContent; // a second click comes while it says so already
    button.textContent = button.dataset.copied;
    window.setTimeout(() => (button.textContent = button.dataset.label), 1600);
  };

  explorer.mountHeader = (element) => {
    for (const link of element.querySelectorAll("a[hreflang]")) {
      link.addEventListener("click", (event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return; // another tab or window, as the browser does it
        event.preventDefault();
        writeAddress();
        window.location.assign(link.getAttribute("href") + window.location.search);
      });
    }
    const button = element.querySelector("button[data-copied]");
    button.addEventListener("click", () => {
      writeAddress();
      explorer.copyFrom(button, window.location.href);
    });
  };
})();
