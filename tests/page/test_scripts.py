"""The scripts of the page: what is served, and that names which Python, scripts and tests use of each other exist."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from explorer.interface import WINGS
from explorer.page.language import tell_scripts
from explorer.page.scripts import ADDRESSES, FALLBACK, PACKAGE, SCRIPTS, ScriptMiddleware, draw_script_links, mount

PYTHON = "\n".join(path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py"))
TEXTS = {name: each.body.decode() for name, each in SCRIPTS.items() if not name.startswith("vendor/")}
TESTS = {path.name: path.read_text(encoding="utf-8") for path in (PACKAGE.parent / "tests" / "scripts").glob("*.js")}
ROOF = TEXTS["interface.js"]


@pytest.fixture(scope="module")
def client():
    return TestClient(ScriptMiddleware(Starlette()))


def exports_of(text: str) -> set[str]:
    return set(re.findall(r"^export (?:async )?(?:function|const|class) (\w+)", text, re.MULTILINE))


def imports_of(text: str, folder: Path) -> dict[str, set[str]]:
    """Name of a script that is imported -> the names that are taken from it; all that stand behind `as NAME.`."""
    found = {}
    for names, alias, source in re.findall(
        r'^import (?:\{([^}]+)\}|\* as (\w+)) from "(\.[^"]+)";', text, re.MULTILINE
    ):
        path = (folder / source).resolve().relative_to(PACKAGE.resolve()).as_posix()
        used = re.findall(rf"(?<![/\w]){alias}\.(\w+)", text) if alias else re.findall(r"\w+", names)
        found[path] = set(used)
    return found


def keys_of(object_name: str) -> set[str]:
    """Names in an object of the roof's script."""
    (inside,) = re.findall(rf"^{object_name} = \{{\n(.*?)^\}};", ROOF, re.MULTILINE | re.DOTALL)
    return set(re.findall(r'^  "?([\w./]+)"?(?::|,$)', inside, re.MULTILINE))


def test_python_mounts_scripts_that_the_roof_knows_and_no_other():
    named = set(re.findall(rf'"((?:page|{"|".join(WINGS)})/\w+\.js)"', PYTHON))
    assert named == keys_of("const MOUNTED") and len(named) > 15
    for name in named:
        assert re.search(r"^export function mount\(element", TEXTS[name], re.MULTILINE), name


def test_events_call_what_the_roof_hands_out_and_nothing_else():
    called = set(re.findall(r"cnnExplorer\.(\w+)\(", PYTHON))
    assert called == keys_of("window.cnnExplorer")
    assert not [name for name, text in TEXTS.items() if "window.cnnExplorer." in text]


def test_a_picture_has_a_script_that_takes_its_clicks():
    taken = set(re.findall(r'takeCells\("(\w+)"', "".join(TEXTS.values())))
    assert set(re.findall(r'taker="(\w+)"', PYTHON)) == taken != set()


def test_scripts_know_what_python_tells_them():
    found = re.findall(r"\{([^{}]*)\} = known\(\)|known\(\)\.(\w+)", "".join(TEXTS.values()))
    told = {name for names in found for name in re.findall(r"\w+", " ".join(names))}
    assert told | set(re.findall(r"cnnExplorerPage\.(\w+)", FALLBACK)) == set(tell_scripts("en"))


@pytest.mark.parametrize("name", TEXTS)
def test_what_a_script_imports_is_exported(name):
    imports = imports_of(TEXTS[name], (PACKAGE / name).parent)
    assert len(imports) == len(re.findall(r"^import ", TEXTS[name], re.MULTILINE))
    for other, names in imports.items():
        assert names <= exports_of(TEXTS[other]), f"{name} wants {names - exports_of(TEXTS[other])} of {other}"


def test_whatever_is_exported_is_used_by_another_script_or_by_a_test():
    used = {(name, "mount") for name in keys_of("const MOUNTED")}
    for folder, texts in ((PACKAGE, TEXTS), (PACKAGE.parent / "tests" / "scripts", TESTS)):
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


def test_every_script_is_served_once_and_kept(client):
    for address, script in ADDRESSES.items():
        answer = client.get(address)
        assert (answer.status_code, answer.content) == (200, script.body)
        assert answer.headers["content-type"].startswith("text/javascript")
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        again = client.get(address, headers={"if-none-match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
    assert {path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.js")} == {*SCRIPTS, "page/fallback.js"}


def test_a_script_goes_out_compressed_where_it_is_wanted(client):
    address, script = next(iter(ADDRESSES.items()))
    assert gzip.decompress(script.compressed) == script.body
    plain, small = (client.get(address, headers={"accept-encoding": each}) for each in ("identity", "gzip, br"))
    assert "content-encoding" not in plain.headers and small.headers["content-encoding"] == "gzip"
    assert plain.headers["vary"] == small.headers["vary"] == "Accept-Encoding"
    assert int(small.headers["content-length"]) == len(script.compressed) < len(script.body)
    head = client.head(address, headers={"accept-encoding": "identity"})
    assert (head.headers["content-length"], head.content) == (str(len(script.body)), b"")


def test_there_is_nothing_else_to_read(client):
    address = next(iter(ADDRESSES))
    folder = address.rsplit("/", 1)[0]
    for path in (
        f"{folder}/../interface.py",
        f"{folder}/%2e%2e/app.py",
        f"{address}.map",
        folder,
        "/scripts/x/interface.js",
    ):
        assert client.get(path).status_code == 404
    assert client.post(address).status_code == 404


def test_scripts_are_found_below_the_root_of_a_proxy():
    address, script = next(iter(ADDRESSES.items()))
    client = TestClient(ScriptMiddleware(Starlette()), root_path="/explorer")
    assert client.get(f"/explorer{address}").content == script.body
    links = re.findall(r'(?:href|src)="([^"]+)"', draw_script_links())
    assert all(link.startswith("./scripts/") for link in links)  # from the base of the page, as Gradio's own
    assert {f"/{link[2:]}" for link in links} == {each for each in ADDRESSES if "/vendor/" not in each}


def test_an_unknown_script_is_refused_by_name():
    with pytest.raises(ValueError, match=r"got shapes/nothing\.js"):
        mount("shapes/nothing.js")
