"""The only place that connects handlers with a person's actions, and turns problems into a sentence."""

from __future__ import annotations

import html
import inspect
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial, wraps
from typing import Any

import gradio as gr
from gradio.context import LocalContext

from explorer.errors import InputError, log_defect
from explorer.page.drawings import SHOWN, make_all, make_new
from explorer.page.unbroken import keep_whole
from explorer.patience import (
    HEAVY,
    IS_CONNECTED,
    LONG,
    LONGEST,
    MOST_HEAVY,
    OUTDATED_BY,
    OUTDATES,
    TAKES_LONG,
    TRAINING,
    NobodyWaitsError,
    aside,
    asking,
    in_turn,
)
from explorer.text import translate
from explorer.uploads import is_upload, receive_upload

# Of all events of the page. Handlers check what they get; Gradio's own checks would answer in English and fill the log.
PAGE = {"api_visibility": "private", "show_progress": "hidden", "preprocess": False}
TAKES_TURNS = {"queue": True, "concurrency_id": HEAVY, "concurrency_limit": MOST_HEAVY}  # for calls that take seconds
TRAINS = {"queue": True, "concurrency_id": TRAINING, "concurrency_limit": 1}  # `interface.take_turns` sets the limit
PRIVATE = {**PAGE, "queue": False}  # of those that the page answers itself


def set_by_page(values: Sequence, choice: str) -> str:
    """A function of the page that sets these values of the outputs, for the `js` of an event.

    Args:
        values: JSON-able, one for each output.
        choice: name of the choice, see `onNewChoice` of values.js, whose place they take: the same one counts again then.
    """
    return f"() => {{ cnnExplorer.forgetChoice({json.dumps(choice)}); return {json.dumps(list(values))}; }}"


def draw_look_for(sentence: str, stale: bool = False) -> str:
    """The line above a picture that says what to look for now, as HTML.

    Args:
        sentence: may hold inline HTML.
        stale: whether the pictures below are those from before, which are dimmed then.
    """
    return f'<p class="look-for{" stale" if stale else ""}" role="status">{keep_whole(sentence)}</p>'


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
    is_connected = IS_CONNECTED.get()

    def someone_waits() -> bool:
        if event_id is None:
            return is_connected is None or is_connected()
        return is_awaited is None or is_awaited(event_id)

    with asking(someone_waits):
        yield


LOOK_FOR = "look_for"  # the name among the outputs of the line above a picture
Components = Mapping[str, gr.components.Component]


def never(**_values) -> bool:
    """Of handlers that are quick, whatever is set."""
    return False


def _always(**_values) -> bool:
    return True


def explain_problems(
    handler: Callable,
    inputs: Components,
    outputs: Components,
    language: str,
    takes_long: Callable[..., bool] = never,
    queue: str = HEAVY,
) -> Callable:
    """Wrap a handler, or a generator that streams, for Gradio, which calls with positions and wants a value for each output.

    The handler gets the values of the inputs by their names, and gives what it changes by the names of the outputs. A
    string for the look-for line is set as that line; what is not named stays as it is, and so does a Drawing that the
    page shows already.

    An InputError becomes a sentence in the look-for line and leaves every other output as it is. Anything else is a
    defect of ours: it is logged with its traceback, and the reader gets a sentence all the same.

    Args:
        handler: called as `handler(**values, language=language)`, gives a mapping.
        inputs: name -> the component whose value it gets; of an upload it gets the path of the file.
        outputs: name -> a component that it may fill; one of them is LOOK_FOR.
        language: language of the page.
        takes_long: called as `takes_long(**values)` with what came from the page, unchecked: whether the call takes
            seconds. Then it waits with others of its kind, and is computed aside, see `patience.aside`.
        queue: in which those wait, one of `patience.LONG`.
    """
    do_aside = partial(aside, queue=queue)
    read, fill = partial(_read, inputs), partial(_fill, outputs)

    def takes_long_with(values: Sequence) -> bool:
        return takes_long(**{name: value for name, value in zip(inputs, values, strict=True) if name != SHOWN})

    def explain(error: BaseException) -> list:
        if isinstance(error, NobodyWaitsError):
            return fill({})
        if not isinstance(error, InputError):
            log_defect(getattr(handler, "__qualname__", str(handler)), error)
        problem = (
            error.sentence(language) if isinstance(error, InputError) else translate(language, "errors.unexpected")
        )
        return fill({LOOK_FOR: gr.update(value=draw_problem(problem))})

    origin = getattr(handler, "func", handler)  # a partial has no name of its own

    @wraps(origin)
    def wrapped(*values):
        try:
            named, shown = read(values)
            do = do_aside if takes_long_with(values) else in_turn
            with for_whoever_waits():
                return do(lambda: fill(handler(**named, language=language), shown))
        except (Exception, NobodyWaitsError) as error:
            return explain(error)

    @wraps(origin)
    def wrapped_generator(*values):
        # Gradio asks for each part in a context of its own, and for no more of them once the reader has left.
        end = time.monotonic() + LONGEST
        try:
            named, shown = read(values)
            do = do_aside if takes_long_with(values) else in_turn
            parts = iter(handler(**named, language=language))

            def fill_next() -> list | None:
                changes = next(parts, None)
                return None if changes is None else fill(changes, shown)

            while True:
                with for_whoever_waits():
                    filled = do(fill_next)
                if filled is None:
                    return
                yield filled
                if time.monotonic() > end:
                    raise InputError("errors.too_long", seconds=LONGEST)
        except (Exception, NobodyWaitsError) as error:
            yield explain(error)

    outer = wrapped_generator if inspect.isgeneratorfunction(handler) else wrapped
    # Gradio counts the parameters.
    positional = inspect.Parameter.POSITIONAL_ONLY
    setattr(outer, TAKES_LONG, takes_long_with)
    outer.__signature__ = inspect.Signature([inspect.Parameter(each, positional) for each in inputs])
    return outer


def _read(inputs: Components, values: Sequence) -> tuple[dict[str, Any], Any]:
    """The values by name, and apart from them what the page shows."""
    given = zip(inputs.items(), values, strict=True)
    named = {name: receive_upload(value) if is_upload(component) else value for (name, component), value in given}
    return named, named.pop(SHOWN, None)


def _fill(outputs: Components, changes: Mapping[str, Any], shown: Any = None) -> list:
    """A value for each output.

    Raises:
        KeyError: something else is changed.
    """
    changes = make_new(changes, shown, outputs) if SHOWN in outputs else make_all(changes)
    if unknown := changes.keys() - outputs.keys():
        raise KeyError(f"{sorted(unknown)} are none of the outputs: {list(outputs)}")
    sentence = changes.get(LOOK_FOR)
    line = {LOOK_FOR: draw_look_for(sentence)} if isinstance(sentence, str) else {}
    return [{**changes, **line}.get(name, gr.skip()) for name in outputs]


def wire(
    triggers: Sequence[Callable],
    handler: Callable,
    inputs: Components,
    outputs: Components,
    language: str,
    *,
    queue: bool = False,
    takes_long: Callable[..., bool] = never,
    outdates: str | None = None,
    outdated_by: str | None = None,
    **event_settings,
) -> gr.events.Dependency:
    """Call a handler on any of the triggers, as `explain_problems` says.

    Events are private: what clients of the API may call is listed in `explorer.interface`.

    Args:
        triggers: events of components, such as `stride.input`.
        handler: the handler.
        inputs: name -> the component whose value it takes.
        outputs: name -> a component that it may fill; LOOK_FOR is the wing's look-for line.
        language: language of the page.
        queue: True for work of more than about 30 ms, so that it takes its turn.
        takes_long: which of its calls take seconds, as `explain_problems` says; all of those with TAKES_TURNS or TRAINS do.
        outdates, outdated_by: name of a group: a call of the first kind ends those of the second kind that are under way
            for another choice, because nobody waits for them any more (`patience.OUTDATES`).
        **event_settings: further keywords of `gr.on`.
    """
    settings = {**PAGE, "trigger_mode": "always_last", "queue": queue, **event_settings}
    waits_in = settings.get("concurrency_id")
    takes_long, waits_in = (_always, waits_in) if waits_in in LONG else (takes_long, HEAVY)
    wrapped = explain_problems(handler, inputs, outputs, language, takes_long, waits_in)
    _mark_choice(wrapped, inputs, outdates)
    setattr(wrapped, OUTDATED_BY, outdated_by)
    return gr.on(list(triggers), wrapped, inputs=[*inputs.values()], outputs=[*outputs.values()], **settings)


def _mark_choice(wrapped: Callable, inputs: Components, group: str | None) -> None:
    """Let the queue know what a call chooses: all values except for those that say what the page shows."""
    if group is None:
        return

    def choice_of(values: Sequence) -> tuple[str, str]:
        return group, repr([value for name, value in zip(inputs, values, strict=True) if name != SHOWN])

    setattr(wrapped, OUTDATES, choice_of)


def show_late(late: tuple | None, *, language: str, **values) -> dict:
    """The handler that shows what a long call found, unless something else is set by now.

    Args:
        late: (values, changes) of the long call, as it left them in a State; None before it.
        language: of the page.
        **values: the same inputs, as they are now.
    """
    return late[1] if isinstance(late, tuple) and late[0] == values else {}


def then_wire(
    event: gr.events.Dependency,
    handler: Callable,
    inputs: Components,
    outputs: Components,
    language: str,
    *,
    takes_long: Callable[..., bool] = never,
    outdates: str | None = None,
    outdated_by: str | None = None,
    **event_settings,
) -> gr.events.Dependency:
    """Call a handler, as `wire` does, each time that another event is done; it takes its turn in the queue."""
    wrapped = explain_problems(handler, inputs, outputs, language, takes_long)
    _mark_choice(wrapped, inputs, outdates)
    setattr(wrapped, OUTDATED_BY, outdated_by)
    return event.then(wrapped, [*inputs.values()], [*outputs.values()], **{**PAGE, **event_settings})
