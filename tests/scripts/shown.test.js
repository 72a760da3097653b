import assert from "node:assert/strict";
import { test } from "node:test";

import { fits, mount } from "../../explorer/page/shown.js";

const first = { chart: "a", table: "b" };

// A page as Gradio hands it to a script: answers set the value, and what asks for more is counted.
function openPage(value) {
  const page = { value, asked: 0 };
  let look = () => {};
  const watch = (name, callback) => (look = callback);
  mount(null, page, watch, () => (page.asked += 1));
  page.answer = (answer) => {
    page.value = answer;
    look();
  };
  return page;
}

test("an answer fits a page that shows what it leaves out", () => {
  assert.ok(fits(first, { marks: first, sent: [] }));
  assert.ok(fits(first, { marks: { chart: "a", table: "c" }, sent: ["table"] }));
  assert.ok(!fits(first, { marks: { chart: "x", table: "c" }, sent: ["table"] }));
  assert.ok(!fits({}, { marks: first, sent: ["chart"] }));
});

test("answers one after the other ask for nothing", () => {
  const page = openPage({ marks: first, sent: [] });
  page.answer({ marks: { chart: "c", table: "b" }, sent: ["chart"] });
  page.answer({ marks: { chart: "c", table: "d" }, sent: ["table"] });
  assert.equal(page.asked, 0);
});

test("two equal answers to a choice that was told twice ask for nothing", () => {
  const page = openPage({ marks: first, sent: [] });
  const answer = { marks: { chart: "c", table: "b" }, sent: ["chart"] };
  page.answer(answer);
  page.answer({ ...answer });
  assert.equal(page.asked, 0);
});

test("answers that crossed ask for all, once, and then it goes on", () => {
  const page = openPage({ marks: first, sent: [] });
  page.answer({ marks: { chart: "c", table: "b" }, sent: ["chart"] });
  page.answer({ marks: { chart: "a", table: "d" }, sent: ["table"] }); // made for a page with the first chart
  assert.equal(page.asked, 1);
  assert.deepEqual(page.value, {});
  page.answer({ marks: { chart: "a", table: "d" }, sent: ["chart", "table"] });
  page.answer({ marks: { chart: "a", table: "e" }, sent: ["table"] });
  assert.equal(page.asked, 1);
});
