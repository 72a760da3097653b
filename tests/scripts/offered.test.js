// The list of figures is closed while it becomes shorter: node --test tests/scripts/*.test.js
import assert from "node:assert/strict";
import test from "node:test";

import { mount, takeOffered } from "../../explorer/prints/offered.js";

test("an open list is closed before it becomes shorter, and opened again; a longer one comes at once", () => {
  const happened = [];
  const list = { blur: () => happened.push("closed"), focus: () => happened.push("opened") };
  globalThis.window = { setTimeout: (act) => act() };
  const props = { value: null };
  let look = null;
  const host = { closest: () => ({ querySelector: () => list }) };
  mount(host, props, (_, act) => (look = act), () => happened.push(takeOffered().choices.length));
  for (const count of [5, 5, 9, 3]) {
    props.value = { choices: Array(count).fill(["a", "b"]), value: "b" };
    look();
    assert.equal(props.value, null);
  }
  look();
  assert.deepEqual(happened, [5, 5, 9, "closed", 3, "opened"]);
  assert.deepEqual([takeOffered().value, takeOffered().__type__], ["b", "update"]);
  delete globalThis.window;
});
