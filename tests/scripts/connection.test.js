// A server that is lost and comes back, as a page meets it.
import assert from "node:assert/strict";
import test from "node:test";

import { Asking, headOf, isLost, kindOf } from "../../explorer/page/asking.js";
import { Connection, pauseBefore } from "../../explorer/page/connection.js";

const ROOT = "http://here/gradio_api";
const POST = { method: "POST", body: "{}", headers: { "Content-Type": "application/json" } };
const AT_ONCE = { random: () => -0.5 }; // no pause is longer than nothing
const JSON_TYPE = { headers: { "content-type": "application/json" } };

const json = (value, status = 200) => new Response(JSON.stringify(value), { status, ...JSON_TYPE });
const said = (message) => `data: ${JSON.stringify(message)}\n\n`;
const silence = (signal) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
const turn = () => new Promise((resolve) => setTimeout(resolve, 5));

// A stream of these words, which then breaks unless it is to end.
function stream(words, breaks = true) {
  const bytes = words.map((each) => new TextEncoder().encode(each));
  return new Response(
    new ReadableStream({
      pull(controller) {
        if (bytes.length > 0) controller.enqueue(bytes.shift());
        else if (breaks) controller.error(new TypeError("network error"));
        else controller.close();
      },
    }),
    { headers: { "content-type": "text/event-stream" } },
  );
}

// A page before a server that gives these answers, one after the other; a string is the name of an error.
function meet(answers, probe = () => true) {
  const asked = [];
  const told = [];
  const fetchAny = async (request, settings) => {
    asked.push({ url: String(request.url ?? request), settings });
    const answer = answers.shift();
    if (answer === undefined) return silence(settings.signal);
    if (typeof answer === "string") throw new TypeError(answer);
    return answer;
  };
  const connection = new Connection(async () => probe(), (state) => told.push(state), AT_ONCE);
  const asking = new Asking(fetchAny, connection, "abc", () => told.push("old"));
  return { asking, asked, told, connection };
}

async function readAll(response) {
  const messages = (await response.text()).split("\n\n").filter(Boolean);
  return messages.map((each) => JSON.parse(each.slice("data: ".length)));
}

// ---- when it is tried again ---------------------------------------------------------------------------------------

test("the pauses grow, have an end and differ from page to page", () => {
  const middle = [...Array(10).keys()].map((tries) => pauseBefore(tries, () => 0.5));
  assert.deepEqual(middle.slice(0, 5), [500, 1000, 2000, 4000, 8000]);
  assert.equal(middle.at(-1), 30_000);
  assert.equal(pauseBefore(3, () => 0), 2000);
  assert.ok(pauseBefore(3, () => 0.999) < 6000 && pauseBefore(3, () => 0.999) > 5990);
});

test("all who wait are told by the same tries, and a reader only where the first try fails", async () => {
  const answers = [false, false, true, true];
  const told = [];
  let now = 0;
  const connection = new Connection(async () => answers.shift(), (state) => told.push(state), { ...AT_ONCE, now: () => now });
  await Promise.all([connection.back(), connection.back()]);
  assert.deepEqual([answers.length, told], [1, ["lost", "lost", "back"]]);
  now = 60_000;
  await connection.back();
  assert.deepEqual(told.slice(3), ["back"]);
});

test("a connection that is lost over and over is tried less and less often", async () => {
  const pauses = [];
  const random = () => (pauses.push(1), -0.5);
  const told = [];
  const connection = new Connection(async () => true, (state) => told.push(state), { random, now: () => 0 });
  for (let number = 0; number < 24; number += 1) await connection.back();
  assert.equal(told.filter((each) => each === "lost").length, 23); // each but the first: the pauses were the longer ones
  connection.back();
  await turn();
  assert.equal(told.at(-1), "given up");
});

test("after some minutes it is tried no more, until somebody wants it", async () => {
  let tries = 0;
  let isThere = false;
  const told = [];
  const probe = async () => ((tries += 1), isThere);
  const connection = new Connection(probe, (state) => told.push(state), AT_ONCE);
  const back = connection.back();
  while (told.at(-1) !== "given up") await turn();
  const before = tries;
  await turn();
  assert.equal(tries, before);
  isThere = true;
  connection.wake();
  await back;
  assert.deepEqual(told.slice(-2), ["lost", "back"]);
});

test("a pause ends when something speaks for trying at once", async () => {
  const connection = new Connection(async () => true, () => {}, { random: () => 1e6 });
  const back = connection.back();
  await turn();
  connection.wake();
  await back;
});

// ---- calls ------------------------------------------------------------------------------------------------------

test("what is asked patiently are calls, uploads, answers and the stream that says that a page is open", () => {
  assert.equal(kindOf(`${ROOT}/queue/join?`, POST), "join");
  assert.equal(kindOf(new URL(`${ROOT}/run/predict?tab=shapes`), POST), "call");
  assert.equal(kindOf(`${ROOT}/upload?upload_id=x`, POST), "call");
  assert.equal(kindOf(`${ROOT}/cancel`, POST), null);
  assert.equal(kindOf(new Request(`${ROOT}/queue/data?session_hash=x`)), "answers");
  assert.equal(kindOf(new Request(`${ROOT}/heartbeat/x`)), "heartbeat");
  assert.equal(kindOf(`${ROOT}/info`), null);
  assert.equal(kindOf("http://here/assets/a.js"), null);
});

test("a proxy's error is no answer, the server's own is", () => {
  const html = (status) => new Response("", { status, headers: { "content-type": "text/html" } });
  assert.ok(isLost(html(502)) && isLost(html(504)) && isLost(new Response("", { status: 503 })));
  assert.ok(!isLost(html(404)) && !isLost(json({ detail: "full" }, 503)) && !isLost(json({})));
});

test("a call is sent again, as it was, until it is answered", async () => {
  const broken = stream(['{"da']);
  const { asking, asked } = meet(["refused", new Response("", { status: 502 }), broken, json({ data: [1] })]);
  const response = await asking.fetch(`${ROOT}/run/x`, POST);
  assert.deepEqual(await response.json(), { data: [1] });
  assert.equal(asked.length, 4);
  for (const { settings } of asked) {
    assert.equal(settings.body, POST.body);
    assert.deepEqual(settings.headers, { ...POST.headers, "X-CNN-Explorer-Build": "abc" });
  }
});

test("what the server itself says reaches Gradio", async () => {
  const { asking } = meet([json({ detail: "full" }, 503)]);
  const response = await asking.fetch(`${ROOT}/run/x`, POST);
  assert.deepEqual([response.status, await response.json()], [503, { detail: "full" }]);
});

test("a page that is older than the server calls nothing and says so", async () => {
  const { asking, told } = meet([json({ detail: "old" }, 409)]);
  let isAnswered = false;
  asking.fetch(`${ROOT}/run/x`, POST).then(() => (isAnswered = true));
  await turn();
  assert.deepEqual([told, isAnswered], [["old"], false]);
});

test("a silent server is taken for lost, and all that is under way is asked again", async () => {
  let number = 0;
  const fetchAny = (request, { signal }) => {
    number += 1;
    return number > 1 ? Promise.resolve(json({ data: [] })) : silence(signal);
  };
  const asking = new Asking(fetchAny, new Connection(async () => true, () => {}, AT_ONCE), "abc", () => {});
  const answer = asking.fetch(`${ROOT}/run/x`, POST);
  await turn();
  asking.cut();
  assert.equal((await answer).status, 200);
});

// ---- answers ----------------------------------------------------------------------------------------------------

const ANSWERS = new Request(`${ROOT}/queue/data?session_hash=x`);
const generating = (event_id, data) => said({ msg: "process_generating", event_id, output: { data } });
const completed = (event_id) => said({ msg: "process_completed", event_id, output: { data: [] }, success: true });
const CLOSE = said({ msg: "close_stream", event_id: null });
const NO_SESSION = said({ msg: "unexpected_error", message: "", session_not_found: true, success: false });

test("where nothing is lost the answers come as the server sends them", async () => {
  const words = [generating("a", [1]), completed("a").slice(0, 20), completed("a").slice(20), CLOSE];
  const { asking, asked } = meet([json({ event_id: "a" }), stream(words)]);
  await asking.fetch(`${ROOT}/queue/join`, POST);
  assert.equal(await (await asking.fetch(ANSWERS)).text(), words.join(""));
  assert.equal(asked.length, 2);
});

test("after a break what is not answered is asked again, and its answer comes under the old number", async () => {
  const { asking, asked } = meet([
    json({ event_id: "a" }), json({ event_id: "b" }),
    stream([generating("a", [[7], "x"]), completed("b"), generating("a", [["replace", [], 8]])]),
    json({ event_id: "c" }),
    stream([completed("a"), generating("c", [[7], "y"]), generating("c", [["append", [], "z"]]), completed("c"), CLOSE]),
  ]);
  await asking.fetch(`${ROOT}/queue/join`, { ...POST, body: "first" });
  await asking.fetch(`${ROOT}/queue/join`, { ...POST, body: "second" });
  const messages = await readAll(await asking.fetch(ANSWERS));
  assert.deepEqual(asked.map(({ settings }) => settings?.body), ["first", "second", undefined, "first", undefined]);
  assert.deepEqual(messages.map(({ msg, event_id }) => [msg, event_id]), [
    ["process_generating", "a"], ["process_completed", "b"], ["process_generating", "a"],
    ["process_generating", "a"], ["process_generating", "a"], ["process_completed", "a"], ["close_stream", null],
  ]);
  // Gradio applies it to what it has: the whole is put in its place.
  assert.deepEqual(messages[3].output.data, [[["replace", [], [7]]], [["replace", [], "y"]]]);
  assert.deepEqual(messages[4].output.data, [["append", [], "z"]]);
});

test("where all is answered a break is the end", async () => {
  const { asking, asked, told } = meet([json({ event_id: "a" }), stream([completed("a")])]);
  await asking.fetch(`${ROOT}/queue/join`, POST);
  const messages = await readAll(await asking.fetch(ANSWERS));
  assert.deepEqual([messages.map(({ msg }) => msg), asked.length, told], [["process_completed", "close_stream"], 2, []]);
});

test("a server that was started anew is asked for all that it does not know", async () => {
  const { asking, asked } = meet([
    json({ event_id: "a" }), stream([NO_SESSION], false), json({ event_id: "b" }), stream([completed("b"), CLOSE], false),
  ]);
  await asking.fetch(`${ROOT}/queue/join`, POST);
  const messages = await readAll(await asking.fetch(ANSWERS));
  assert.deepEqual(messages.map(({ event_id }) => event_id), ["a", null]);
  assert.equal(asked.length, 4);
});

test("a call that is refused when it is asked again ends with the server's sentence", async () => {
  const { asking } = meet([
    json({ event_id: "a" }), stream([]), json({ detail: "wait" }, 429), json({ detail: "gone" }, 404), stream([CLOSE]),
  ]);
  await asking.fetch(`${ROOT}/queue/join`, POST);
  const [ended] = await readAll(await asking.fetch(ANSWERS));
  assert.deepEqual([ended.event_id, ended.success, ended.output], ["a", false, { error: "gone" }]);
});

test("an answer that is there before its call is known to be taken ends it", async () => {
  const { asking } = meet([stream([completed("a"), CLOSE]), json({ event_id: "a" })]);
  await readAll(await asking.fetch(ANSWERS));
  await asking.fetch(`${ROOT}/queue/join`, POST);
  assert.deepEqual(asking.waiting.all, []);
});

test("a stream that the server ends although something is awaited is opened again", async () => {
  const { asking } = meet([json({ event_id: "a" }), stream([CLOSE]), stream([completed("a"), CLOSE])]);
  await asking.fetch(`${ROOT}/queue/join`, POST);
  const messages = await readAll(await asking.fetch(ANSWERS));
  assert.deepEqual(messages.map(({ msg }) => msg), ["process_completed", "close_stream"]);
});

test("a stream that the server ends while it takes another call stays open for Gradio", async () => {
  let take;
  const taken = new Promise((resolve) => (take = resolve));
  const { asking, asked } = meet([
    json({ event_id: "a" }), stream([completed("a"), CLOSE]), taken, stream([completed("b"), CLOSE]),
  ]);
  await asking.fetch(`${ROOT}/queue/join`, POST);
  const answers = asking.fetch(ANSWERS);
  const joined = asking.fetch(`${ROOT}/queue/join`, POST);
  const messages = answers.then(readAll);
  await turn();
  take(json({ event_id: "b" }));
  assert.equal((await (await joined).json()).event_id, "b");
  assert.deepEqual((await messages).map(({ msg, event_id }) => [msg, event_id]), [
    ["process_completed", "a"], ["process_completed", "b"], ["close_stream", null],
  ]);
  assert.equal(asked.length, 4);
});

test("the stream that says that a page is open is opened again, until the page ends it", async () => {
  const ending = new AbortController();
  const { asking, asked } = meet([stream(["data: ALIVE\n\n"]), stream(["data: ALIVE\n\n"])]);
  const response = await asking.fetch(new Request(`${ROOT}/heartbeat/x`, { signal: ending.signal }));
  const words = response.text();
  while (asked.length < 3) await turn(); // the third one does not answer
  ending.abort();
  assert.equal(await words, "data: ALIVE\n\ndata: ALIVE\n\n");
});

test("of a long message only the beginning is read", () => {
  const long = `data: {"msg":"process_completed","event_id":"a","output":"${"x".repeat(5000)}"`;
  assert.deepEqual(headOf(long), { msg: "process_completed", event_id: "a" });
  assert.deepEqual(headOf("data: ALIVE"), {});
});
