"""Which of Gradio's scripts a page needs, so that its head asks for all of them at once.

Without it a browser learns of them step by step: the first script names the next ones, those the components, and so on, and each
step is a way there and back. What cannot be read here is left out, and comes as Gradio would have it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from gradio.routes import BUILD_PATH_LIB

_FOLDER = Path(BUILD_PATH_LIB)
_IMPORTED = re.compile(r'(?:\bfrom|\bimport)"\./([\w.-]+\.js)"')
_ENTRY = re.compile(r'<script type="module" crossorigin src="\./assets/([\w.-]+\.js)"')
_TYPES = re.compile(r'"type":"(\w+)"')
_TABLE = ":{component:()=>"
# In the table of components: slider:{component:()=>...import(`./Index-x.js`)...,example:...}
_COMPONENT = re.compile(r"\b(\w+):\{((?:\w+:\(\)=>\w+\(\(\)=>import\(`\./[\w.-]+\.js`\)[^{}]*?\),?)+)\}")
_DYNAMIC = re.compile(r"(\w+):\(\)=>\w+\(\(\)=>import\(`\./([\w.-]+\.js)`\)")
_TREE = "async get_state("  # only the script with the tree of components has this function
_STEPS = re.compile(r"\bimport\(`\./((?:Index|Blocks)-[\w-]+\.js)`\)")


def draw_preloads(page: str) -> str:
    """Links for the head of a page, in which Gradio's scripts and its config already stand."""
    entry = _ENTRY.search(page)
    if entry is None:
        return ""
    wanted = _list_scripts(entry[1], frozenset(_TYPES.findall(page)))
    links = "".join(f'<link rel="modulepreload" crossorigin href="./assets/{name}">' for name in wanted)
    return links + "".join(_hand_tree(name) for name in wanted if _TREE in _read(name))


def _hand_tree(name: str) -> str:
    """Before Gradio makes a tree of components, tree.js gets its script."""
    return (
        f'<script type="module">import * as tree from "./assets/{name}"; window.cnnExplorer?.spareTree(tree);</script>'
    )


@cache
def _list_scripts(entry: str, types: frozenset[str]) -> tuple[str, ...]:
    """The entry's next step, that step's page of blocks, the components of these types, and all that they import."""
    found: dict[str, None] = {}
    _follow([entry], found)
    for _ in range(2):  # the frame of the page, then the page of blocks
        _follow([name for each in list(found) for name in _STEPS.findall(_read(each))[:1]], found)
    for each in [each for each in found if _TABLE in _read(each)]:
        for kind, ways in _COMPONENT.findall(_read(each)):
            if kind in types:
                _follow([name for part, name in _DYNAMIC.findall(ways) if part == "component"], found)
    return tuple(found)


def _follow(names: Iterable[str], found: dict[str, None]) -> None:
    for name in names:
        if name not in found and (_FOLDER / name).is_file():
            found[name] = None
            _follow(_IMPORTED.findall(_read(name)), found)


@cache
def _read(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")
