// Whatever a script takes from another one is there: a name of `import * as` that is none is undefined, and nothing else would tell.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import test from "node:test";

const ROOT = new URL("../../explorer", import.meta.url).pathname;
const names = readdirSync(ROOT, { recursive: true }).map(String).filter((name) => name.endsWith(".js"));
const texts = Object.fromEntries(names.map((name) => [name, readFileSync(join(ROOT, name), "utf8")]));
const exportsOf = (text) => new Set([...text.matchAll(/^export (?:async function|function|const|class) (\w+)/gm)].map(([, name]) => name));

test("every name that a script takes from another one is exported there", () => {
  let count = 0;
  for (const [name, text] of Object.entries(texts)) {
    for (const [line, alias, from] of text.matchAll(/^import \* as (\w+) from "(\.[^"]+)";$/gm)) {
      const rest = text.replace(line, "");
      const taken = [...rest.matchAll(new RegExp(`(?<![\\w.])${alias}\\.(\\w+)`, "g"))].map(([, each]) => each);
      const unpacked = [...rest.matchAll(new RegExp(`\\{([^{}]*)\\} = ${alias};`, "g"))].flatMap(([, each]) => each.split(",").map((word) => word.split(":")[0].trim()));
      const known = exportsOf(texts[posix.join(posix.dirname(name), from)]);
      const missing = [...taken, ...unpacked].filter((each) => each !== "js" && !known.has(each));
      assert.deepEqual(missing, [], `${name} takes from ${from}`);
      count += taken.length;
    }
  }
  assert.ok(count > 50);
});
