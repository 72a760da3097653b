"""Gradio builds what serves an app once, and looks up once what its constructors take."""

from __future__ import annotations

import inspect
import threading

import gradio as gr
import pytest

from explorer.interface import build_app
from explorer.server import building as module
from explorer.server.building import building, remember_signatures
from explorer.settings import Settings


@pytest.fixture
def built(monkeypatch) -> list:
    calls: list = []
    real = module._create_app

    def create_app(*args, **kwargs):
        calls.append(threading.current_thread().name)
        return real(*args, **kwargs)

    monkeypatch.setattr(module, "_create_app", create_app)
    return calls


def make_pages() -> gr.Blocks:
    with gr.Blocks(analytics_enabled=False) as demo:
        gr.Textbox()
    with demo.route("Other", "/other"):
        gr.Textbox()
    return demo.queue()


def test_gradio_still_builds_it_before_it_is_launched(built):
    """Once it does not, explorer/server/building.py may go."""
    make_pages()
    assert len(built) > 1


def test_while_pages_are_put_together_it_builds_nothing_and_in_other_threads_as_always(built):
    with building():
        pages = make_pages()
        assert built == []
        other = threading.Thread(target=make_pages, name="other")
        other.start()
        other.join()
    often = len(built)
    assert built == ["other"] * often and often > 0
    assert [path for path, *_ in pages.pages] == ["", "other"]
    assert [each["type"] for each in pages.config["components"]].count("textbox") == 2
    with pytest.raises(KeyError), building():
        raise KeyError
    make_pages()
    assert len(built) == 2 * often


def test_the_app_is_built_without(built):
    build_app(Settings(), wings=["convolution"])
    assert built == []


def test_gradio_still_asks_each_time_what_a_constructor_takes(monkeypatch):
    """Once it does not, `remember_signatures` may go."""
    asked: list = []
    real = inspect.signature
    monkeypatch.setattr(inspect, "signature", lambda function, **how: asked.append(function) or real(function, **how))
    gr.Textbox().get_config()
    assert gr.Textbox.__init__ in asked


@pytest.mark.parametrize("kind", [gr.Textbox, gr.HTML, gr.Row, gr.Blocks])
def test_signatures_are_carried_and_stay_what_they_are(kind):
    constructor = inspect.unwrap(kind.__init__)
    carried = vars(constructor).pop("__signature__", None)
    found, arguments = inspect.signature(constructor), inspect.getfullargspec(constructor)
    remember_signatures.cache_clear()
    remember_signatures()
    assert carried in (None, found)
    assert constructor.__signature__ == found == inspect.signature(kind.__init__)
    assert inspect.getfullargspec(constructor) == arguments
