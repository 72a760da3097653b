"""The one place that ties handlers to what a person does, and turns what goes wrong into a sentence."""

from __future__ import annotations

import html
import inspect
import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps

import gradio as gr
from gradio.context import LocalContext

from explorer.errors import InputError, log_defect
from explorer.patience import HEAVY, LONGEST, NobodyWaitsError, asking
from explorer.text import translate
from explorer.uploads import is_upload, receive_upload

# Of all events of the page. Handlers check what they get; Gradio's own checks would answer in English and fill the log.
PAGE = {"api_visibility": "private", "show_progress": "hidden", "preprocess": False}
TAKES_TURNS = {"queue": True, "concurrency_id": HEAVY, "concurrency_limit": 1}  # of what takes seconds
PRIVATE = {**PAGE, "queue": False}  # of those that the page answers itself


def set_by_page(values: Sequence, choice: str) -> str:
    """A function of the page that sets these values of the outputs, for the `js` of an event.

    Args:
        values: JSON-able, one for each output.
        choice: name of the choice, see `onNewChoice` of page.js, whose place they take: the same one counts anew then.
    """
    return f"() => {{ cnnExplorer.forgetChoice({json.dumps(choice)}); return {json.dumps(list(values))}; }}"


def draw_look_for(sentence: str, stale: bool = False) -> str:
    """The line above a picture that says what to look for now, as HTML.

    Args:
        sentence: may hold inline HTML.
        stale: whether the pictures below are those from before, which are dimmed then.
    """
    return f'<p class="look-for{" stale" if stale else ""}" role="status">{sentence}</p>'


def draw_problem(sentence: str, stale: bool = True) -> str:
    """The same line when something cannot be done: what is wrong and what would be right.

    Args:
        sentence: plain text.
        stale: whether the pictures below are those from before, which are dimmed then.
    """
    kind = "problem stale" if stale else "problem"
    return f'<p class="look-for {kind}" role="alert">{html.escape(sentence)}</p>'


@contextmanager
def for_whoever_waits() -> Iterator[None]:
    """Within this, long work ends when whoever asked for it has left, or when it takes too long (`patience.go_on`)."""
    blocks, event_id = LocalContext.blocks.get(None), LocalContext.event_id.get(None)
    queue = getattr(blocks, "_queue", None)
    is_awaited = getattr(queue, "is_awaited", None)  # of explorer.server.turns
    with asking(lambda: is_awaited is None or event_id is None or is_awaited(event_id)):
        yield


def explain_problems(handler: Callable, num_outputs: int, language: str, inputs: Sequence = ()) -> Callable:
    """Wrap a handler, or a generator that streams, whose first output is the look-for line.

    An InputError becomes a sentence in that line and leaves every other output as it is. Anything else is a
    defect of ours: it is logged with its traceback, and the reader gets a sentence all the same.

    Args:
        handler: the handler.
        num_outputs: how many components it fills.
        language: language of the page.
        inputs: the components whose values it gets; of an upload it gets the path of the file.
    """
    uploads = {index for index, component in enumerate(inputs) if is_upload(component)}

    def read(values) -> list:
        return [receive_upload(value) if index in uploads else value for index, value in enumerate(values)]

    def fill(outputs) -> list:
        sentence, *rest = outputs
        line = draw_look_for(sentence) if isinstance(sentence, str) else sentence  # or gr.skip()
        return [line, *rest][:num_outputs]

    def explain(error: Exception) -> list:
        if isinstance(error, NobodyWaitsError):
            return [gr.skip() for _ in range(num_outputs)]
        if isinstance(error, InputError):
            problem = error.sentence(language)
        else:
            log_defect(getattr(handler, "__qualname__", str(handler)), error)
            problem = translate(language, "errors.unexpected")
        return [draw_problem(problem), *[gr.skip() for _ in range(num_outputs - 1)]]

    @wraps(handler)
    def wrapped(*values):
        try:
            with for_whoever_waits():
                return fill(handler(*read(values), language=language))
        except Exception as error:
            return explain(error)

    @wraps(handler)
    def wrapped_generator(*values):
        # Gradio asks for each part in a context of its own, and for no more of them once the reader has left.
        end = time.monotonic() + LONGEST
        try:
            for outputs in handler(*read(values), language=language):
                yield fill(outputs)
                if time.monotonic() > end:
                    raise InputError("errors.too_long", seconds=LONGEST)
        except Exception as error:
            yield explain(error)

    outer = wrapped_generator if inspect.isgeneratorfunction(handler) else wrapped
    # Gradio counts the parameters: the language comes from here, not from a component.
    signature = inspect.signature(handler)
    kept = [parameter for parameter in signature.parameters.values() if parameter.name != "language"]
    outer.__signature__ = signature.replace(parameters=kept)
    return outer


def wire(
    triggers: Sequence[Callable],
    handler: Callable,
    inputs: Sequence[gr.components.Component],
    outputs: Sequence[gr.components.Component],
    language: str,
    *,
    queue: bool = False,
    **event_settings,
) -> gr.events.Dependency:
    """Call `handler(*inputs, language=language)` on any of the triggers.

    The handler returns the look-for sentence first, then a value for each further output. Events are private:
    what clients of the API may call is listed in `explorer.interface`.

    Args:
        triggers: events of components, such as `stride.input`.
        handler: the handler.
        inputs: components whose values it takes.
        outputs: components it fills; the first is the wing's look-for line.
        language: language of the page.
        queue: True for work of more than about 30 ms, so that it takes its turn.
        **event_settings: further keywords of `gr.on`.
    """
    settings = {**PAGE, "trigger_mode": "always_last"}
    return gr.on(
        list(triggers),
        explain_problems(handler, len(outputs), language, inputs),
        inputs=list(inputs),
        outputs=list(outputs),
        queue=queue,
        **{**settings, **event_settings},
    )


def then_wire(
    event: gr.events.Dependency,
    handler: Callable,
    inputs: Sequence[gr.components.Component],
    outputs: Sequence[gr.components.Component],
    language: str,
    **event_settings,
) -> gr.events.Dependency:
    """Call a handler, as `wire` does, each time that another event is done; it takes its turn in the queue."""
    wrapped = explain_problems(handler, len(outputs), language, inputs)
    return event.then(wrapped, list(inputs), list(outputs), **{**PAGE, **event_settings})
