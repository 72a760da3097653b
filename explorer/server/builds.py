"""The name of what is served. A page of another build is told so: the numbers of its functions may mean others here."""

from __future__ import annotations

import hashlib
from weakref import WeakKeyDictionary

import gradio as gr
from gradio.blocks import Blocks

from explorer.page.scripts import ADDRESSES

BUILD_HEADER = "x-cnn-explorer-build"  # by which a page says of which build it is; programs say nothing

_names: WeakKeyDictionary[Blocks, str] = WeakKeyDictionary()


def name_build(blocks: Blocks) -> str:
    """A name that is the same on every machine that serves the same functions, components and scripts.

    Two servers behind one proxy give the same name where they are of one version and show the same networks.
    """
    if blocks not in _names:
        _names[blocks] = hashlib.sha256(_describe(blocks).encode()).hexdigest()[:12]
    return _names[blocks]


def _describe(blocks: Blocks) -> str:
    functions = [
        (number, fn.name, fn.targets, [each._id for each in fn.inputs], [each._id for each in fn.outputs], fn.js)
        for number, fn in sorted(blocks.fns.items())
    ]
    components = [(number, type(block).__name__) for number, block in sorted(blocks.blocks.items())]
    return repr((gr.__version__, sorted(ADDRESSES), functions, components))
