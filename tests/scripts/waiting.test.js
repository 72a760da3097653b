// What the queue says of calls, and the line that tells it.
import assert from "node:assert/strict";
import test from "node:test";

import { noteMessage, sayPlaces } from "../../explorer/page/waiting.js";

const words = { computing: "Computing …", place: "You are number {place}." };
const say = (msg, event_id, more = {}) => `data: ${JSON.stringify({ msg, event_id, ...more })}`;

test("a call has a place until it is computed, and is gone with its first answer", () => {
  const places = new Map();
  noteMessage(places, say("estimation", "a1", { rank: 4, queue_size: 5, rank_eta: null }));
  assert.deepEqual([...places], [["a1", 5]]);
  noteMessage(places, say("estimation", "a1", { rank: 0, queue_size: 1 }));
  noteMessage(places, say("process_starts", "a1", { eta: 1.5 }));
  assert.deepEqual([...places], [["a1", 0]]);
  noteMessage(places, say("progress", "a1", { progress_data: [] }));
  assert.equal(places.size, 1);
  noteMessage(places, say("process_generating", "a1", { output: {}, success: true }));
  assert.equal(places.size, 0);
});

test("messages of no call change nothing", () => {
  const places = new Map([["a1", 0]]);
  for (const message of ["", say("heartbeat", null), say("close_stream", null), "data: nothing"]) noteMessage(places, message);
  assert.deepEqual([...places], [["a1", 0]]);
});

test("of several calls the one that is answered first is told", () => {
  assert.equal(sayPlaces(new Map([["a", 7], ["b", 2]]), words), "You are number 2.");
  assert.equal(sayPlaces(new Map([["a", 2], ["b", 7], ["c", 0]]), words), "Computing …");
});
