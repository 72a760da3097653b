// What Gradio is told before it mounts the page.
import assert from "node:assert/strict";
import test from "node:test";

import { fixEvents, selectTab } from "../../explorer/page/config.js";

const PLAIN = [Object.prototype, Array.prototype];

test("events say what they said, and no object in them is one that Svelte would put behind a proxy", () => {
  const events = [{ id: 3, targets: [[7, "input"], [null, "load"]], js: null, types: { generator: false } }];
  const config = { dependencies: structuredClone(events), components: [{ id: 7 }] };
  fixEvents(config);
  assert.equal(JSON.stringify(config.dependencies), JSON.stringify(events));
  assert.ok(Array.isArray(config.dependencies) && Array.isArray(config.dependencies[0].targets));
  const isFixed = (value) =>
    value === null || typeof value !== "object" || (!PLAIN.includes(Object.getPrototypeOf(value)) && Object.values(value).every(isFixed));
  assert.ok(isFixed(config.dependencies));
  assert.ok(!isFixed(config.components));
  assert.equal(config.dependencies.find(({ targets }) => targets.find(([id]) => id === 7)).id, 3);
});

test("the tab of a link is selected, if there is one of that name", () => {
  const make = () => ({
    components: [
      { type: "html", props: { id: "shapes" } },
      { type: "tabs", props: { selected: "convolution" } },
      { type: "tabitem", props: { id: "convolution" } },
      { type: "tabitem", props: { id: "shapes" } },
    ],
  });
  const selectedFor = (tab) => {
    const config = make();
    selectTab(config, tab);
    return config.components[1].props.selected;
  };
  assert.deepEqual(["shapes", "convolution", "elsewhere", null].map(selectedFor), ["shapes", "convolution", "convolution", "convolution"]);
});
