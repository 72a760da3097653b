// What Gradio asks of the server, asked until it is answered: Gradio itself would load the page again at the first
// connection that is lost, and with that forget what readers drew or brought.
//
// A call is sent again. A stream of answers is opened again, and what was asked and is not answered is asked again; to Gradio the
// answers come under the numbers that it knows. A page that is older than the server is told so, for its numbers of functions
// may mean others there: the server compares the name of the build that goes along.

const NOT_PATIENT = new Set(["cancel", "reset"]); // their calls have already ended when a connection was lost
const IS_FULL = new Set([429, 503]);
const OLD = 409; // explorer/server/requests.py

const CLOSE = 'data: {"msg":"close_stream","event_id":null}\n\n'; // as the server says it

const say = (writer, words) => writer.write(new TextEncoder().encode(words));

export function kindOf(request, settings) {
  const [, name = ""] = String(request.url ?? request).split(/[?#]/)[0].split("/gradio_api/");
  if (settings?.method === "POST") {
    if (name === "queue/join") return "join";
    return name && !NOT_PATIENT.has(name) ? "call" : null;
  }
  if (name === "queue/data") return "answers";
  return name.startsWith("heartbeat/") ? "heartbeat" : null;
}

// A proxy says so when the server behind it does not answer. The server's own answers are JSON.
export const isLost = (response) =>
  response.status >= 502 && !response.headers.get("content-type")?.startsWith("application/json");

// What a line of a stream says: {msg, event_id}. Long ones are answers with pictures, which are not read.
export function headOf(line) {
  if (line.length > 2000) {
    const [, msg, event_id] = /^data: \{"msg":"(\w+)","event_id":"([^"]*)"/.exec(line) ?? [];
    return { msg, event_id };
  }
  try {
    return JSON.parse(line.slice("data: ".length));
  } catch {
    return {};
  }
}

// The first part of an answer as the change to an earlier part, which Gradio takes all but the first for.
function asChange(line) {
  const message = JSON.parse(line.slice("data: ".length));
  message.output.data = message.output.data.map((value) => [["replace", [], value]]);
  return `data: ${JSON.stringify(message)}`;
}

// The calls that wait for an answer over the stream, by the numbers that Gradio knows.
class Waiting {
  #calls = new Map(); // number that Gradio knows -> {call, number: the one of now, hasBegun, hasParts}
  #early = new Set(); // numbers whose answer was there before the call was known to be taken
  #dropped = new Set(); // numbers under which nothing is awaited any more

  add(number, call) {
    if (!this.#early.delete(number)) this.#calls.set(number, { call, number, hasBegun: false, hasParts: false });
  }

  get all() {
    return [...this.#calls];
  }

  askedAgain(known, number) {
    const call = this.#calls.get(known);
    this.#dropped.add(call.number);
    Object.assign(call, { number, hasBegun: false });
  }

  // The line for Gradio; null if Gradio must not get it.
  translate(line, { msg, event_id }) {
    const [known, call] = this.all.find(([, each]) => each.number === event_id) ?? [];
    if (this.#dropped.has(event_id)) return null;
    if (!call) {
      if (msg === "process_completed") this.#early.add(event_id);
      return line;
    }
    if (msg === "process_completed") this.#calls.delete(known);
    const named = known === event_id ? line : line.replace(`"event_id":"${event_id}"`, `"event_id":"${known}"`);
    if (msg !== "process_generating") return named;
    const isAnotherFirst = call.hasParts && !call.hasBegun;
    call.hasBegun = call.hasParts = true;
    return isAnotherFirst ? asChange(named) : named;
  }

  // The line that ends a call which the server refuses now.
  refuse(known, error) {
    this.#calls.delete(known);
    return `data: ${JSON.stringify({ msg: "process_completed", event_id: known, output: { error }, success: false })}\n\n`;
  }
}

export class Asking {
  waiting = new Waiting();
  heard = null; // when something came over a stream, in ms; null before that
  #open = new Set(); // the functions that end the running requests
  #joining = new Set(); // calls whose numbers the server has not told yet

  // fetchAny: sends a request. connection: see connection.js. build: name of the page's build. onOld: the server is another.
  constructor(fetchAny, connection, build, onOld) {
    Object.assign(this, { fetchAny, connection, build, onOld });
  }

  fetch(request, settings) {
    const kind = kindOf(request, settings);
    if (kind === null) return this.fetchAny(request, settings);
    if (kind === "answers" || kind === "heartbeat") return this.#follow(request, kind === "answers");
    const named = { ...settings, headers: { ...settings.headers, "X-CNN-Explorer-Build": this.build } };
    return kind === "join" ? this.#join(request, named) : this.#ask(request, named);
  }

  // Takes whatever is under way for lost: the server has been silent for too long.
  cut() {
    this.heard = null;
    this.#open.forEach((end) => end());
  }

  // ---- calls --------------------------------------------------------------------------------------------------

  async #ask(request, settings) {
    const response = await this.#untilReached(request, settings, async (each) => {
      const body = await each.arrayBuffer(); // an answer can break off as well
      return new Response(each.status === 204 ? null : body, each);
    });
    if (response.status !== OLD) return response;
    this.onOld();
    return new Promise(() => {}); // nobody can do anything with an answer
  }

  #join(request, settings) {
    const joining = this.#takePlace(request, settings).finally(() => this.#joining.delete(joining));
    this.#joining.add(joining);
    return joining;
  }

  async #takePlace(request, settings) {
    const response = await this.#ask(request, settings);
    if (response.ok) this.waiting.add((await response.clone().json()).event_id, { request, settings });
    return response;
  }

  // What `take` makes of the response, as soon as there is one.
  async #untilReached(request, settings, take) {
    const given = settings?.signal ?? request.signal;
    for (;;) {
      const controller = new AbortController();
      const end = () => controller.abort();
      given?.addEventListener("abort", end);
      this.#open.add(end);
      try {
        given?.throwIfAborted();
        const response = await this.fetchAny(request, { ...settings, signal: controller.signal });
        if (!isLost(response)) return await take(response, end);
      } catch (error) {
        if (given?.aborted) throw error;
      } finally {
        this.#open.delete(end);
      }
      await this.connection.back();
    }
  }

  // ---- streams ------------------------------------------------------------------------------------------------

  #opened(request) {
    return this.#untilReached(request, undefined, (response, end) => ({ response, end }));
  }

  async #follow(request, isAnswers) {
    const first = await this.#opened(request);
    if (!first.response.ok) return first.response;
    const { readable, writable } = new TransformStream();
    const writer = writable.getWriter();
    this.#hold(request, first, writer, isAnswers)
      .catch(() => {}) // the reader has ended it
      .then(() => writer.close())
      .catch(() => {}); // nobody reads it any more
    return new Response(readable, { headers: first.response.headers });
  }

  // Hands on what comes, over one stream after the other, until the server or the reader ends it.
  async #hold(request, first, writer, isAnswers) {
    let { response, end } = first;
    let isLeft = false;
    writer.closed.catch(() => {
      isLeft = true;
      end();
    });
    for (;;) {
      this.#open.add(end);
      const how = await this.#copy(response, writer, isAnswers).catch(() => "lost");
      this.#open.delete(end);
      end();
      if (isLeft || request.signal.aborted || how === "closed") return;
      if (how === "closed too early") await Promise.allSettled(this.#joining);
      if (isAnswers && this.waiting.all.length === 0) return await say(writer, CLOSE); // Gradio opens another when it must
      if (how === "lost") await this.connection.back();
      if (how === "lost" && isAnswers) await this.#askAgain(writer);
      ({ response, end } = await this.#opened(request));
    }
  }

  async #copy(response, writer, isAnswers) {
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return "lost"; // the server would have said that it ends
      this.heard = performance.now();
      const lines = (rest + value).split("\n");
      rest = lines.pop();
      const { words, how } = isAnswers ? this.#read(lines) : { words: lines.map((line) => `${line}\n`).join("") };
      if (words) await say(writer, words);
      if (how) return how;
    }
  }

  // What Gradio is to hear of these lines, and how the stream ends with them, if it does.
  #read(lines) {
    let words = "";
    for (const line of lines) {
      if (!line.startsWith("data: ")) {
        words += `${line}\n`;
        continue;
      }
      const head = headOf(line);
      if (head.msg === "unexpected_error" && !head.event_id) return { words, how: "lost" }; // it stops, or was started again
      // Gradio would take the stream for open if it learnt of a new call just before it learns of this end.
      const isMoreToCome = this.waiting.all.length > 0 || this.#joining.size > 0;
      if (head.msg === "close_stream" && isMoreToCome) return { words, how: "closed too early" };
      const translated = this.waiting.translate(line, head);
      if (translated !== null) words += `${translated}\n`;
      if (head.msg === "close_stream") return { words: `${words}\n`, how: "closed" };
    }
    return { words };
  }

  async #askAgain(writer) {
    for (const [known, { call }] of this.waiting.all) {
      let response = await this.#ask(call.request, call.settings);
      while (IS_FULL.has(response.status)) {
        await this.connection.back();
        response = await this.#ask(call.request, call.settings);
      }
      const answer = await response.json();
      if (response.ok) this.waiting.askedAgain(known, answer.event_id);
      else await say(writer, this.waiting.refuse(known, answer.detail));
    }
  }
}
