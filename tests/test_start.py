"""What is imported and done before the first page is there."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.serving import ROOT

# Libraries that take long to import, and that are imported where they are used. Add what is found to be slow.
LATE = ("sympy", "torchvision", "torch._dynamo", "torch._inductor")
SEE = f"""
import json, sys
sys.argv = ["app.py"]
import app
from gradio import component_meta, events
from explorer.server.importing import do_nothing
print(json.dumps({{
    "imported": [name for name in {LATE!r} if name in sys.modules],
    "left out": [component_meta.create_or_modify_pyi is do_nothing, events.EventListener.set_doc is do_nothing],
    "asked for": component_meta.ComponentMeta.__new__.__code__.co_names,
    "finders": [type(each).__module__ for each in sys.meta_path],
}}))
"""


@pytest.fixture(scope="module")
def seen() -> dict:
    """What a process has seen that built the app as app.py does."""
    done = subprocess.run([sys.executable, "-c", SEE], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_slow_libraries_are_not_imported_at_start(seen):
    assert seen["imported"] == []


def test_gradio_writes_no_type_hints_and_no_docstrings(seen):
    assert seen["left out"] == [True, True]
    assert "explorer.server.importing" not in seen["finders"]


def test_gradio_would_still_write_them(seen):
    """Once it does not, explorer/server/importing.py may go."""
    assert {"create_or_modify_pyi", "set_doc"} <= set(seen["asked for"])
