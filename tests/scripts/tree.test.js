// Gradio's tree of components is built once, and not searched while a page is told of its events.
import assert from "node:assert/strict";
import test from "node:test";

import { spareTree } from "../../explorer/page/tree.js";

globalThis.window = globalThis;

// As Gradio's own: the constructor builds; the first effect of the page asks for the same once more.
function makeTree() {
  class Tree {
    constructor(components) {
      this.done = [];
      this.build(components);
    }
    build(components) {
      this.component_ids = components.map(({ id }) => id);
      this.postprocess({ id: 0 });
    }
    postprocess() {
      this.done.push("built");
    }
    reload(components) {
      this.done.push("asked again");
      this.build(components);
    }
    async get_state(id) {
      this.done.push(`looked for ${id}`);
      return { value: id };
    }
  }
  spareTree({ other: 3, Missing: class {}, Tree });
  return Tree;
}

const SOME = [{ id: 1 }, { id: 2 }];

test("what was just built is not built again, and later it is", () => {
  const tree = new (makeTree())(SOME);
  tree.reload(SOME);
  assert.deepEqual(tree.done, ["built"]);
  tree.reload(SOME);
  assert.deepEqual(tree.done, ["built", "asked again", "built"]);
});

test("other components than those that it was built of are built", () => {
  const tree = new (makeTree())(SOME);
  tree.reload([...SOME, { id: 3 }]);
  assert.deepEqual(tree.component_ids, [1, 2, 3]);
});

test("nothing is looked for while the page is told of its events, and everything afterwards", async () => {
  const tree = new (makeTree())(SOME);
  assert.deepEqual(await Promise.all([tree.get_state(1), tree.get_state(2)]), [{}, {}]);
  assert.deepEqual(await tree.get_state(2), { value: 2 });
  tree.reload(SOME);
  const during = tree.get_state(1);
  assert.deepEqual([await during, await tree.get_state(1)], [{}, { value: 1 }]);
  assert.deepEqual(tree.done, ["built", "looked for 2", "looked for 1"]);
});

test("two trees are told apart", () => {
  const Tree = makeTree();
  const [one, other] = [new Tree(SOME), new Tree(SOME)];
  one.reload(SOME);
  one.reload(SOME);
  other.reload(SOME);
  assert.deepEqual([one.done.length, other.done.length], [3, 1]);
});

test("a script without a tree is left alone", () => {
  assert.doesNotThrow(() => spareTree({ Other: class {}, nothing: null, number: 5 }));
});
