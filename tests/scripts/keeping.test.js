import assert from "node:assert/strict";
import { test } from "node:test";

import { mount } from "../../explorer/prints/keeping.js";

test("a file is handed over once, with its name and its bytes, and does not stay in the page", async () => {
  const links = [];
  const blobs = [];
  globalThis.window = { setTimeout: () => {} };
  globalThis.document = {
    createElement: () => {
      const link = { clicks: 0, click: () => link.clicks++ };
      links.push(link);
      return link;
    },
  };
  URL.createObjectURL = (blob) => `blob:${blobs.push(blob)}`;
  const props = { value: null };
  let look = () => {};
  mount(null, props, (name, callback) => (look = callback));
  props.value = { name: "maps.csv", type: "text/csv", bytes: btoa("a,b\r\n1,2") };
  look();
  look();
  assert.deepEqual(links.map(({ download, href, clicks }) => [download, href, clicks]), [["maps.csv", "blob:1", 1]]);
  assert.equal(await blobs[0].text(), "a,b\r\n1,2");
  assert.equal(props.value, null);
});
