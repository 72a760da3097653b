"""Modules that are put into one file do what they do as modules."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from explorer.page.bundle import join_modules
from explorer.page.scripts import PACKAGE, SCRIPTS

MODULES = {
    "entry.js": """// What it imports stands over several lines.
import * as shapes from "./wing/shapes.js";
import {
  count,
  SIDE as side,
} from "./page/count.js";

globalThis.told = [shapes.area(side), shapes.Square.name, new shapes.Square(2).area(), count(), count(), shapes.where()];
""",
    "page/count.js": """let counted = 0;
export const SIDE = 3;
export function count() {
  return ++counted;
}
""",
    "wing/shapes.js": """import { count } from "../page/count.js";

const words = "no export or import";
export function area(side) {
  return side * side + 100 * count();
}
export class Square {
  constructor(side) {
    this.side = side;
  }
  area() {
    return area(this.side);
  }
}
export async function later() {
  return words;
}
export const where = () => import.meta.url.slice(-"wing/shapes.js".length);
""",
}


def run(module: Path) -> list:
    script = f"await import({json.dumps(module.as_uri())}); console.log(JSON.stringify(globalThis.told))"
    found = subprocess.run(
        ["node", "--input-type=module", "-e", script], capture_output=True, text=True, check=True, timeout=60
    )
    return json.loads(found.stdout)


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node, as the scripts' own tests do")
def test_one_file_does_what_its_modules_do(tmp_path):
    (tmp_path / "package.json").write_text('{"type": "module"}')
    for name, text in MODULES.items():
        (tmp_path / "apart" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "apart" / name).write_text(text)
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "entry.js").write_text(join_modules(MODULES, "entry.js"))
    assert (
        run(tmp_path / "one" / "entry.js")
        == run(tmp_path / "apart" / "entry.js")
        == [109, "Square", 204, 3, 4, "wing/shapes.js"]
    )


def test_what_is_imported_stands_before_and_once():
    joined = join_modules(MODULES, "entry.js")
    places = [joined.index(f"\n// {name}\n" if name != "page/count.js" else f"// {name}\n") for name in
              ("page/count.js", "wing/shapes.js", "entry.js")]  # fmt: skip
    assert places == sorted(places) and all(joined.count(f"// {name}\n") == 1 for name in MODULES)


@pytest.mark.parametrize(
    "line",
    [
        'import shapes from "./b.js";',
        'import "./b.js";',
        'import { a } from "elsewhere";',
        'const b = await import("./b.js");',
        "export default 5;",
        "export { a };",
        "export let a = 5;",
        'export * from "./b.js";',
    ],
)
def test_imports_and_exports_of_another_kind_are_refused(line):
    with pytest.raises(ValueError, match=r"a\.js has an import or export of another kind"):
        join_modules({"a.js": line, "b.js": ""}, "a.js")


def test_circles_and_what_does_not_exist_are_refused():
    with pytest.raises(ValueError, match=r"in a circle, got a\.js -> b\.js -> a\.js"):
        join_modules({"a.js": 'import { b } from "./b.js";', "b.js": 'import { a } from "./a.js";'}, "a.js")
    with pytest.raises(ValueError, match=r"a\.js imports c\.js, which does not exist"):
        join_modules({"a.js": 'import { c } from "./c.js";'}, "a.js")


def test_every_script_but_those_that_come_later_is_in_the_file():
    joined = join_modules(SCRIPTS, "interface.js")
    files = {path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.js")}
    assert {name for name in files if f"// {name}\n" in joined} == {
        name for name in files if not name.startswith("vendor/") and name != "page/fallback.js"
    }
