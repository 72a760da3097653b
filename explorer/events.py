"""The one place that ties handlers to what a person does, and turns what goes wrong into a sentence."""

from __future__ import annotations

import html
import inspect
import json
import logging
from collections.abc import Callable, Sequence
from functools import wraps

import gradio as gr

from explorer.errors import InputError
from explorer.text import translate

logger = logging.getLogger(__name__)

PRIVATE = {"api_visibility": "private", "queue": False, "show_progress": "hidden"}  # of events that the page answers itself


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


def explain_problems(handler: Callable, num_outputs: int, language: str) -> Callable:
    """Wrap a handler, or a generator that streams, whose first output is the look-for line.

    An InputError becomes a sentence in that line and leaves every other output as it is. Anything else is a
    defect of ours: it is logged with its traceback, and the reader gets a sentence all the same.
    """

    def fill(outputs) -> list:
        sentence, *rest = outputs
        line = draw_look_for(sentence) if isinstance(sentence, str) else sentence  # or gr.skip()
        return [line, *rest][:num_outputs]

    def explain(error: Exception) -> list:
        if isinstance(error, InputError):
            problem = error.sentence(language)
        else:
            logger.error("unexpected error in %s", getattr(handler, "__qualname__", handler), exc_info=error)
            problem = translate(language, "errors.unexpected")
        return [draw_problem(problem), *[gr.skip() for _ in range(num_outputs - 1)]]

    @wraps(handler)
    def wrapped(*inputs):
        try:
            return fill(handler(*inputs, language=language))
        except Exception as error:
            return explain(error)

    @wraps(handler)
    def wrapped_generator(*inputs):
        try:
            for outputs in handler(*inputs, language=language):
                yield fill(outputs)
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
    settings = {"trigger_mode": "always_last", "show_progress": "hidden", "api_visibility": "private"}
    return gr.on(
        list(triggers),
        explain_problems(handler, len(outputs), language),
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
    settings = {"show_progress": "hidden", "api_visibility": "private", "preprocess": False}
    wrapped = explain_problems(handler, len(outputs), language)
    return event.then(wrapped, list(inputs), list(outputs), **{**settings, **event_settings})
