"""What is imported and done before the first page is there."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import files

import pytest

from explorer.server.importing import LEFT_OUT
from tests.serving import ROOT

# Libraries that take long to import, and that are imported where they are used. Add what is found to be slow.
LATE = ("sympy", "matplotlib", "torchvision", "torch._dynamo", "torch._inductor")
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
    "captum": "captum" in sys.modules,
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


def test_captum_is_imported_without_its_pictures_and_would_still_draw_some(seen):
    """Once it does not import matplotlib, `LEFT_OUT` of explorer/server/importing.py may go."""
    assert seen["captum"]  # the page opens with a map
    found = {path.as_posix(): path for path in files("captum") or ()}
    for name in LEFT_OUT:
        assert "import matplotlib" in found[f"{name.replace('.', '/')}.py"].read_text(encoding="utf-8")


def test_what_is_left_out_can_be_imported_and_refuses_to_work():
    used = "from captum.attr import IntegratedGradients, LLMAttribution, visualization"
    code = f"""
from explorer.server.importing import without_unused_parts
with without_unused_parts():
    {used}
for function in (LLMAttribution, visualization.visualize_image_attr):
    try:
        function()
    except RuntimeError as error:
        print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.count("explorer/server/importing.py") == 2
