// Sections that are drawn when they are opened: node --test tests/scripts/*.test.js
import assert from "node:assert/strict";
import test from "node:test";

import { ask, askAgain, goTo, openSection, tellShown } from "../../explorer/classifier/sections.js";
import { mount } from "../../explorer/page/values.js";

// How often the server was asked for a section.
function count(name) {
  const asked = [];
  const props = {};
  mount({ querySelector: () => ({ dataset: { name } }) }, props, null, () => asked.push(JSON.stringify(props.value)));
  return asked;
}

test("a section is drawn when it is opened, and again while it is open", () => {
  const [unlike, similar] = [count("classifier.unlike"), count("classifier.similar")];
  askAgain();
  assert.deepEqual([unlike.length, similar.length], [0, 0]);
  openSection("classifier.similar", true);
  openSection("classifier.similar", true);
  assert.deepEqual([unlike.length, similar.length], [0, 1]);
  askAgain();
  openSection("classifier.unlike", true);
  openSection("classifier.similar", false);
  askAgain();
  assert.deepEqual([unlike.length, similar.length], [2, 2]);
  const told = [...unlike, ...similar].map((value) => JSON.stringify(value));
  assert.equal(new Set(told).size, 4); // a value that is the same again would tell nothing
});

test("a section can tell what it shows, and ask for something else", () => {
  const asked = count("classifier.told");
  tellShown("classifier.told", () => ({ layer: 3 }));
  openSection("classifier.told", true);
  ask("classifier.told", { layer: 5 });
  assert.deepEqual(asked.map((each) => JSON.parse(each).layer), [3, 5]);
});

test("a section that another one leads to is opened with what is wanted, and asked again if it is open", () => {
  const asked = count("classifier.wanted");
  let clicks = 0;
  const click = () => {
    clicks += 1;
    openSection("classifier.wanted", true);
  };
  const section = { querySelector: () => ({ click }), scrollIntoView: () => {} };
  globalThis.document = { getElementById: (id) => (id === "classifier-section-wanted" ? section : null) };
  tellShown("classifier.wanted", () => ({ layer: 1 }));
  goTo("classifier.wanted", { layer: 7 });
  goTo("classifier.wanted", { layer: 8 });
  askAgain();
  assert.deepEqual(asked.map((each) => JSON.parse(each).layer), [7, 8, 1]);
  assert.equal(clicks, 1);
  delete globalThis.document;
});
