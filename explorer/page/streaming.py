"""Long work that a page watches: it starts, shows part after part, and ends when it is done or stopped; one on each page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import gradio as gr

from explorer.errors import InputError
from explorer.page.events import LOOK_FOR, TAKES_TURNS, Components, wire


class Run:
    """Work under way on a page; the page's next event, or its stop button, ends it.

    Gradio's own `cancels` will not do: it reaches the server late, so that a stale part can come after a new picture.

    Attributes:
        job: what is to be done.
        is_stopped: whether it is to end.
        shown: the latest part that the page shows, or None.
    """

    def __init__(self, job: Any):
        self.job = job
        self.is_stopped = False
        self.shown: Any = None


def stop_run(run: Run | None) -> None:
    """End what is under way, if anything is."""
    if isinstance(run, Run):
        run.is_stopped = True


def show_parts(
    run: Run | None, do: Callable[[Any], Iterable], show: Callable[[Any], Mapping], is_last: Callable[[Any], bool]
) -> Iterator[dict]:
    """What changes on a page with each part of a run: the sentence, the pictures, and whether the stop button is there.

    Args:
        run: None where the server has forgotten it, as after a restart.
        do: the parts of a job, one after the other.
        show: the sentence and the pictures of a part, by name.
        is_last: whether a part is the last one.

    Raises:
        InputError: there is no run.
    """
    if not isinstance(run, Run):
        yield {"stop": gr.Button(visible=False)}
        raise InputError("errors.run_lost")
    # A slider tells a run twice, and a page asks again after a lost connection.
    if run.shown is not None and is_last(run.shown):
        yield {**show(run.shown), "stop": gr.Button(visible=False)}
        return
    for part in do(run.job):
        if run.is_stopped:
            break
        run.shown = part
        yield {**show(part), "stop": gr.Button(visible=not is_last(part))}
    # Gradio sends the last outputs once more at the end: these change no picture. The button is hidden once more as well, for
    # the page may take what comes right after the last part in its place.
    yield {} if run.is_stopped else {"stop": gr.Button(visible=False)}


def wire_run(
    run: gr.State,
    on_run: Callable,
    on_stop: Callable,
    outputs: Components,
    language: str,
) -> None:
    """Do the work of a run as soon as there is one, in its turn, and let the button stop it.

    Args:
        run: holds the run of the page.
        on_run: gives what `show_parts` gives, of a run.
        on_stop: the sentence after stopping a run, and the button.
        outputs: name -> the components that a part fills: the look-for line, the pictures, and "stop", the button.
        language: language of the page.
    """
    at_stop = {name: outputs[name] for name in (LOOK_FOR, "stop")}
    wire([outputs["stop"].click], on_stop, {"run": run}, at_stop, language)
    wire([run.change], on_run, {"run": run}, outputs, language, **TAKES_TURNS, trigger_mode="multiple")
