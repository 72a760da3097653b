// Leaving the page, and coming back to it.

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

function endStreams() {
  isAnswerLost = [...streams.keys()].some(({ url }) => !url.includes("/heartbeat/"));
  streams.forEach((end) => end());
  streams.clear();
}

function watchStreams() {
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
}

// Must be called before Gradio listens.
export function watchLeaving() {
  watchStreams();
  // Gradio gives up its connections at this event, which comes for a download as well, where the page stays. It hears
  // of it when the page is really left.
  window.addEventListener("beforeunload", (event) => event.isTrusted && event.stopImmediatePropagation());
  window.addEventListener("pagehide", () => {
    isLeft = true;
    endStreams();
    window.dispatchEvent(new Event("beforeunload")); // let through: Gradio opens others when it must
  });
  window.addEventListener("pageshow", () => {
    isLeft = false;
    if (isAnswerLost) window.location.reload(); // shown again, but what is awaited would never come
  });
}
