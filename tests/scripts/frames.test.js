// What Gradio's sign of waiting asks for in each frame is told from everything else.
import assert from "node:assert/strict";
import test from "node:test";

import { isCounting } from "../../explorer/page/frames.js";

test("only a callback that counts seconds, as it is minified, is slowed down", () => {
  assert.ok(isCounting("()=>{F(Pe,(performance.now()-w(de))/1e3),W&&ze()}"));
  assert.ok(isCounting("()=>{$a(b$,(performance.now()-_c(d))/1e3),e&&f$()}"));
  for (const other of ["()=>{F(Pe,(performance.now()-w(de))/1e3)}", "function bl(){let e=yl.now();e&&bl()}", "()=>{W&&ze()}"])
    assert.equal(isCounting(other), false);
  assert.equal(isCounting(() => performance.now()), false);
});
