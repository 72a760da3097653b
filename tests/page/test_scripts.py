"""The scripts of the page: what is served, and that names which Python, scripts and tests use of each other exist."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from explorer.interface import WINGS
from explorer.page.bundle import join_modules
from explorer.page.language import tell_scripts
from explorer.page.scripts import ADDRESSES, FALLBACK, PACKAGE, SCRIPTS, draw_script_link, mount

PYTHON = "\n".join(path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py"))
TEXTS = {name: text for name, text in SCRIPTS.items() if not name.startswith("vendor/")}
BY_NODE = {
    path.name: path.read_text(encoding="utf-8") for path in (PACKAGE.parent / "tests" / "convolution").glob("*.mjs")
}
TESTS = {path.name: path.read_text(encoding="utf-8") for path in (PACKAGE.parent / "tests" / "scripts").glob("*.js")}
ROOF = TEXTS["interface.js"]


def exports_of(text: str) -> set[str]:
    return set(re.findall(r"^export (?:async )?(?:function|const|class) (\w+)", text, re.MULTILINE))


def imports_of(text: str, folder: Path) -> dict[str, set[str]]:
    """Name of a script that is imported -> the names that are taken from it; all that stand behind `as NAME.`."""
    found, importing = {}, r'^import (?:\{([^}]+)\}|\* as (\w+)) from "(\.[^"]+)";'
    body = re.sub(importing, "", text, flags=re.MULTILINE)
    for names, alias, source in re.findall(importing, text, re.MULTILINE):
        path = (folder / source).resolve().relative_to(PACKAGE.resolve()).as_posix()
        used = re.findall(rf"(?<![/\w]){alias}\.(?!js\b)(\w+)", body) if alias else re.findall(r"\w+", names)
        found[path] = set(used)
    return found


def keys_of(object_name: str) -> set[str]:
    """Names in an object of the roof's script."""
    (inside,) = re.findall(rf"^{object_name} = \{{\n(.*?)^\}};", ROOF, re.MULTILINE | re.DOTALL)
    return set(re.findall(r'^  "?([\w./]+)"?(?::|,$)', inside, re.MULTILINE))


def test_python_mounts_scripts_that_the_roof_knows_and_no_other():
    named = set(re.findall(rf'"((?:page|prints|{"|".join(WINGS)})/\w+\.js)"', PYTHON))
    assert named == keys_of("const MOUNTED") and len(named) > 15
    for name in named:
        assert re.search(r"^export function mount\(element", TEXTS[name], re.MULTILINE), name


def test_events_call_what_the_roof_hands_out_and_nothing_else():
    called = set(re.findall(r"cnnExplorer\??\.(\w+)[(\"]", PYTHON))
    assert called == keys_of("window.cnnExplorer")
    assert not [name for name, text in TEXTS.items() if "window.cnnExplorer." in text]


def test_a_picture_has_a_script_that_takes_its_clicks():
    taken = set(re.findall(r'takeCells\("(\w+)"', "".join(TEXTS.values())))
    assert set(re.findall(r'taker="(\w+)"', PYTHON)) == taken != set()


def test_scripts_know_what_python_tells_them():
    found = re.findall(r"\{([^{}]*)\} = known\(\)|known\(\)\.(\w+)", "".join(TEXTS.values()))
    told = {name for names in found for name in re.findall(r"\w+", " ".join(names))}
    assert told | set(re.findall(r"cnnExplorerPage\.(\w+)", FALLBACK)) == set(tell_scripts("en", "build"))


@pytest.mark.parametrize("name", TEXTS)
def test_what_a_script_imports_is_exported(name):
    imports = imports_of(TEXTS[name], (PACKAGE / name).parent)
    assert len(imports) == len(re.findall(r"^import ", TEXTS[name], re.MULTILINE))
    for other, names in imports.items():
        assert names <= exports_of(TEXTS[other]), f"{name} wants {names - exports_of(TEXTS[other])} of {other}"


def test_whatever_is_exported_is_used_by_another_script_or_by_a_test():
    used = {(name, "mount") for name in keys_of("const MOUNTED")}
    tests = PACKAGE.parent / "tests"
    for folder, texts in ((PACKAGE, TEXTS), (tests / "scripts", TESTS), (tests / "convolution", BY_NODE)):
        for name, text in texts.items():
            for other, names in imports_of(text, (folder / name).parent).items():
                used |= {(other, each) for each in names}
    in_the_browser = (PACKAGE.parent / "tests" / "browser" / "test_graph_script.py").read_text(encoding="utf-8")
    used |= {(name, each) for name in TEXTS for each in re.findall(r"graph\.(\w+)\(", in_the_browser)}
    exported = {(name, each) for name, text in TEXTS.items() for each in exports_of(text)}
    assert exported - used == set()


@pytest.mark.parametrize("name", [name for name in TEXTS if "/" in name])
def test_scripts_import_downwards_and_no_wing_imports_another(name):
    folder = name.split("/")[0]
    assert {other.split("/")[0] for other in imports_of(TEXTS[name], (PACKAGE / name).parent)} <= {folder, "page"}


def test_a_script_that_is_imported_does_nothing_by_itself():
    """Else `node --test` could not read it, and the order of imports would matter."""
    for name, text in TEXTS.items():
        if name != "interface.js":
            loose = [line for line in text.splitlines() if re.match(r"(?:\w+[.(]|new |for |if )", line)]
            assert loose == [], name


def test_what_is_sent_is_one_script_and_what_comes_later():
    names = [address.split("/", 3)[3] for address in ADDRESSES]
    assert names == ["interface.js", "vendor/dagre.min.js"]
    assert all(re.fullmatch(r"/scripts/[0-9a-f]{12}/.+", address) for address in ADDRESSES)
    assert ADDRESSES[next(iter(ADDRESSES))].decode() == join_modules(SCRIPTS, "interface.js")


def test_the_page_asks_for_the_script_from_its_own_address():
    address = re.findall(r'src="([^"]+)"', draw_script_link())
    assert address == [f".{next(iter(ADDRESSES))}"]  # from the base of the page, as Gradio's own


def test_another_script_has_another_address(tmp_path):
    """Browsers keep it for a year."""
    code = "from explorer.page import scripts; print(next(iter(scripts.ADDRESSES)))"
    copied = tmp_path / "explorer"
    shutil.copytree(PACKAGE, copied, ignore=shutil.ignore_patterns("data_sample", "__pycache__"))
    found = []
    for change in ("", "", "\n// changed"):
        with open(copied / "shapes" / "rows.js", "a") as script:
            script.write(change)
        ran = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
        found.append(ran.stdout)
    assert found[0] == found[1] != found[2]


def test_an_unknown_script_is_refused_by_name():
    with pytest.raises(ValueError, match=r"got shapes/nothing\.js"):
        mount("shapes/nothing.js")
