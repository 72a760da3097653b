// The line at the foot of the window that says that the server does not answer, and that the page goes on by itself.
import { writeAddress } from "./address.js";
import { Asking } from "./asking.js";
import { Connection } from "./connection.js";
import { known, pageWords } from "./words.js";

const LONGEST_SILENCE = 45_000; // ms: the server says every 15 s that it is there
const LONGEST_PROBE = 10_000; // ms

class Line {
  #element = document.createElement("p");
  #said = "";
  #isFinal = false; // only loading the page again helps

  constructor() {
    this.#element.className = "connection-line";
    this.#element.setAttribute("role", "status");
    document.body.append(this.#element);
  }

  say(sentence = "", action = null) {
    if (this.#isFinal || sentence === this.#said) return; // the same line is not read out again, and its button is not made again
    this.#said = sentence;
    this.#element.replaceChildren(sentence, ...(action ? [" ", action] : []));
    document.documentElement.classList.toggle("is-lost", sentence !== "");
  }

  sayAtLast(sentence) {
    this.say(sentence, makeReload());
    this.#isFinal = true;
  }
}

function makeAction(tag, words, act) {
  const action = document.createElement(tag);
  action.textContent = words;
  action.addEventListener("click", act);
  return action;
}

// Loads the page again, with what its address holds.
function makeReload() {
  const reload = makeAction("a", pageWords().loadAgain, (event) => {
    event.preventDefault();
    writeAddress();
    window.location.reload();
  });
  reload.href = window.location.href;
  return reload;
}

async function isAnswered(fetchAny) {
  const ending = new AbortController();
  const timer = window.setTimeout(() => ending.abort(), LONGEST_PROBE);
  const settings = { cache: "no-store", signal: ending.signal };
  const response = await fetchAny("./gradio_api/app_id", settings).catch(() => null);
  window.clearTimeout(timer);
  return response !== null && response.ok;
}

// Must be called before anything else asks.
export function watchConnection() {
  const fetchAny = window.fetch.bind(window);
  const line = new Line();
  const connection = new Connection(
    () => isAnswered(fetchAny),
    (state) => {
      if (state === "back") line.say();
      if (state === "lost") line.say(pageWords().lost, makeAction("button", pageWords().tryAgain, tryAgain));
      if (state === "given up") line.say(pageWords().givenUp, makeAction("button", pageWords().tryAgain, tryAgain));
    },
  );
  const asking = new Asking(fetchAny, connection, known().build, () => line.sayAtLast(pageWords().old));
  window.fetch = (request, settings) => asking.fetch(request, settings);

  function tryAgain() {
    connection.wake();
  }
  window.addEventListener("online", tryAgain);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && tryAgain());
  // A script of Gradio that did not come, such as that of charts: browsers do not ask for it once more.
  window.addEventListener("vite:preloadError", () => pageWords().incomplete && line.sayAtLast(pageWords().incomplete));
  window.setInterval(() => {
    if (asking.heard !== null && performance.now() - asking.heard > LONGEST_SILENCE) asking.cut();
  }, 5000);
}
