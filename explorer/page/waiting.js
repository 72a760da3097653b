// A line that tells a reader that an answer is being computed, and the reader's place in the queue.
import { pageWords } from "./words.js";

const PATIENCE = 400; // milliseconds without an answer after which the line is there
const GAP = 150; // milliseconds between two calls of one action, within which it stays
const CALL = /\/gradio_api\/(?:queue\/join|run\/)/;
const STREAM = /\/gradio_api\/queue\/data/;
const MESSAGE = /^data: {"msg":"(?<kind>\w+)","event_id":"(?<id>\w+)"(?:,"rank":(?<rank>\d+))?/;

// What a message of the queue says of a call is noted: its number -> its place, 0 for one that is computed.
export function noteMessage(places, message) {
  const { kind, id, rank } = MESSAGE.exec(message)?.groups ?? {};
  if (kind === "estimation") places.set(id, Number(rank) + 1);
  else if (kind === "process_starts") places.set(id, 0);
  else if (kind === "process_generating" || kind === "process_completed") places.delete(id);
}

// The sentence to show; with several calls, it is about the one that is answered first.
export function sayPlaces(places, words) {
  const place = Math.min(...places.values());
  return place > 0 ? words.place.replace("{place}", place) : words.computing;
}

const places = new Map(); // all that is awaited, calls by number and requests by themselves
const timers = { show: 0, hide: 0 };

function write(sentence) {
  const line = document.querySelector(".waiting-line");
  if (line && line.textContent !== sentence) line.textContent = sentence; // an empty one is not seen
}

function show() {
  if (places.size > 0) write(sayPlaces(places, pageWords()));
}

function hide() {
  window.clearTimeout(timers.show);
  timers.show = timers.hide = 0;
  write("");
}

function change(note) {
  note();
  if (places.size === 0) {
    timers.hide ||= window.setTimeout(hide, GAP);
    return;
  }
  window.clearTimeout(timers.hide);
  timers.hide = 0;
  if (document.querySelector(".waiting-line")?.textContent) show();
  else timers.show ||= window.setTimeout(show, PATIENCE);
}

async function awaiting(answer) {
  const request = {};
  change(() => places.set(request, 0));
  try {
    return await answer;
  } finally {
    change(() => places.delete(request));
  }
}

// The same answer, of whose stream each message is looked at. With the stream end its calls.
function listening(response) {
  const [decoder, own] = [new TextDecoder(), new Map()];
  let rest = "";
  const note = (messages) =>
    change(() => {
      own.forEach((_, id) => places.delete(id));
      messages.forEach((message) => noteMessage(own, message));
      own.forEach((place, id) => places.set(id, place));
    });
  const end = () => {
    change(() => own.forEach((_, id) => places.delete(id)));
    own.clear();
  };
  const { readable, writable } = new TransformStream({
    transform: (chunk, controller) => {
      controller.enqueue(chunk);
      const messages = (rest + decoder.decode(chunk, { stream: true })).split("\n\n");
      rest = messages.pop();
      note(messages);
    },
  });
  response.body.pipeTo(writable).then(end, end); // the reader of the stream hears of errors
  return new Response(readable, response);
}

// Must be called before Gradio asks for anything.
export function watchWaiting() {
  const fetchAny = window.fetch.bind(window);
  window.fetch = async (request, ...settings) => {
    const address = request instanceof Request ? request.url : String(request);
    if (CALL.test(address)) return awaiting(fetchAny(request, ...settings));
    const response = await fetchAny(request, ...settings);
    return STREAM.test(address) && response.body ? listening(response) : response;
  };
}
