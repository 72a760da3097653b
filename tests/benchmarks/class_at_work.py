"""A class at work: visitors who click in all five tabs, and what each of them gets, see class_of_thirty.py.

A visitor does what the page does: he posts an event with the values of its components, reads the answers of those that take
their turn from a stream, puts into his components what an answer sets there, and goes on with the events that follow it. What
he clicks is drawn from his number; so the same visitor can be asked alone before, of another process whose caches are not
those that are measured, and each answer compared with that one.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import itertools
import json
import random
import re
import statistics
import time
import urllib.request
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from explorer.text import translate
from tests.benchmarks.light_client import Connection, processor_seconds
from tests.serving import Running

THOUGHT = 1.0  # seconds between an answer and the next click
SAMPLES = range(200)
# What differs each time: how long something took, and how many times as long as something else.
_UNITS = (b" ms", b" \xc2\xb5s", b" times")
_TIMES = re.compile(rb"[\d.,e+]{1,12}(?: ms| \xc2\xb5s| times)")
LOOK = 0.05  # seconds between two looks at how busy the server and this client are


@dataclass(frozen=True)
class Tab:
    """What is clicked in a tab.

    Attributes:
        handler: how the name of the handler of its events begins.
        beside: a control of it that tells it from handlers of the same name.
        clicks: a control, by the key of its label, its CSS class or its id -> the values among which to choose; None for
            all that it offers.
        first: what a visitor has set before.
    """

    handler: str
    beside: str
    clicks: Mapping[str, Sequence | None]
    first: Mapping[str, Any]


OF_A_TAB: dict[str, Tab] = {
    "convolution": Tab(
        "on_setup", "terms.stride",
        {"samples": SAMPLES, "terms.stride": None, "terms.padding": None, "terms.dilation": None, "convolution.pool_size": None},
        {"convolution.source": "sample"},
    ),
    "receptive_field": Tab(
        "on_view", "receptive_field.layer_number",
        {
            "terms.model": ("lenet5", "alexnet_small", "resnet18", "resnet50"), "receptive_field.layer_number": range(1, 8),
            "receptive_field.image_size": range(28, 97), "samples": SAMPLES,
        },
        {},
    ),
    "shapes": Tab(
        "on_setup", "shapes.size",
        {
            "terms.model": ("lenet5", "alexnet_small", "resnet18", "resnet34", "resnet50"), "shapes.size": range(28, 97),
            "view-switch": None, "samples": SAMPLES,
        },
        {},
    ),
    "gradient_flow": Tab(
        "on_change", "gradient_flow.depth",
        {
            "gradient_flow.depth": None, "gradient_flow.width": range(4, 25), "gradient_flow.initialisation": None,
            "gradient_flow.activation": None, "gradient_flow.seeds": range(1, 6),
        },
        {"gradient_flow.width": 16, "gradient_flow.seeds": 3},  # so few that the answer follows the slider
    ),
    "classifier": Tab(
        "on_source", "classifier.window",
        {
            "terms.model": ("softmax", "mlp", "lenet5", "alexnet_small", "resnet20"), "samples": SAMPLES,
            "terms.method": None, "terms.target": None,
        },
        {},
    ),
}  # fmt: skip
GRADIENTS = {
    "classifier": Tab(
        "on_source", "classifier.window", {"samples": SAMPLES},
        {"terms.model": "resnet18", "terms.method": "integrated_gradients"},
    )
}  # fmt: skip
EMPTY = {"empty": Tab("", "", {"": [f"text {number}" for number in range(100)]}, {})}


@dataclass(frozen=True)
class Found:
    """A tab on a page: its event, the controls that are clicked with what they are set to, and what is set before."""

    event: dict
    clicks: Sequence[tuple[int, Sequence]]
    first: Mapping[int, Any]


class Page:
    """What a page knows: its components and its events."""

    def __init__(self, address: str):
        config = json.load(urllib.request.urlopen(f"{address}/config"))
        self.components = {each["id"]: each for each in config["components"]}
        self.values = {number: each["props"].get("value") for number, each in self.components.items()}
        self.events = {each["id"]: each for each in config["dependencies"] if each["backend_fn"]}
        self._after, self._of_state = defaultdict(list), defaultdict(list)
        for event in self.events.values():
            self._after[event.get("trigger_after")].append(event)
            for component, kind in event["targets"]:
                if kind == "change":
                    self._of_state[component].append(event)

    def find(self, tabs: Mapping[str, Tab]) -> list[Found]:
        """The events and controls of tabs, on the first page that has them."""
        return [self._find(tab) for tab in tabs.values()]

    def _find(self, tab: Tab) -> Found:
        labels = {name: translate("en", name) for name in {tab.beside, *tab.clicks, *tab.first} if "." in name}

        def find_input(event: dict, name: str) -> int | None:
            return next((each for each in event["inputs"] if self._has_name(each, name, labels.get(name))), None)

        event = next(
            event
            for event in self.events.values()
            if str(event["api_name"]).startswith(tab.handler) and find_input(event, tab.beside) is not None
        )
        clicks = {find_input(event, name): values for name, values in tab.clicks.items()}
        return Found(
            event,
            [(control, list(values or self._offered(control))) for control, values in clicks.items()],
            {find_input(event, name): value for name, value in tab.first.items()},
        )

    def _has_name(self, component: int, name: str, label: str | None) -> bool:
        props = self.components[component]["props"]
        return name == "" or name in (props.get("elem_classes") or []) or label == props.get("label", "")

    def _offered(self, component: int) -> Sequence:
        props = self.components[component]["props"]
        if props.get("choices"):
            return [value for _, value in props["choices"]]
        return range(int(props["minimum"]), int(props["maximum"]) + 1)

    def followers(self, event: dict, answer: Mapping) -> list[dict]:
        """The events that the page sends after an answer: those that follow it, and those of a state that it changed."""
        changed = answer.get("changed_state_ids") or []
        return [*self._after[event["id"]], *(each for number in changed for each in self._of_state[number])]


@dataclass(frozen=True)
class Answer:
    """One answer: to which handler, after how many seconds its first and its last part came, and what was in it."""

    handler: str
    first: float
    seconds: float
    content: tuple[str, ...]
    error: str = ""


class Visitor:
    """One who clicks; the same number clicks the same."""

    def __init__(self, page: Page, address: str, number: int, tabs: Sequence[Found], run: str):
        self.page, self.address = page, address
        self.session = f"{run}{number}"
        self._random = random.Random(number)
        self._tabs = tabs
        self._values = dict(page.values)
        for tab in tabs:
            self._values.update(tab.first)

    async def __aenter__(self) -> Visitor:
        self._open = contextlib.AsyncExitStack()
        self._asking, self._reading, staying = [
            await self._open.enter_async_context(Connection(self.address)) for _ in range(3)
        ]
        await staying.stay(f"/gradio_api/heartbeat/{self.session}")
        return self

    async def __aexit__(self, *_) -> None:
        await self._open.aclose()

    async def click(self) -> list[Answer]:
        """One click somewhere: the answer to it, and to what the page sends after it."""
        tab = self._random.choice(self._tabs)
        control, values = self._random.choice(tab.clicks)
        self._values[control] = self._random.choice(values)
        answers, waiting = [], [tab.event]
        while waiting:
            event = waiting.pop(0)
            answer, last = await self._ask(event)
            answers.append(answer)
            waiting += self.page.followers(event, last)
        return answers

    async def _ask(self, event: dict) -> tuple[Answer, Mapping]:
        body = {
            "data": [self._values.get(each) for each in event["inputs"]], "event_data": None, "fn_index": event["id"],
            "trigger_id": event["targets"][0][0] if event["targets"] else None, "session_hash": self.session,
        }  # fmt: skip
        handler = re.sub(r"_\d+$", "", str(event["api_name"]))
        start = time.perf_counter()
        first, parts = 0.0, []
        try:
            async for part in self._parts(event, orjson.dumps(body)):
                first = first or time.perf_counter() - start
                parts.append(part)
        except (RuntimeError, OSError, ValueError, asyncio.IncompleteReadError) as error:
            await self.__aexit__()
            await self.__aenter__()
            return Answer(handler, first, time.perf_counter() - start, (), f"{type(error).__name__}: {error}"), {}
        seconds = time.perf_counter() - start
        if len(parts) == 1:  # of a stream no part sets what is an input of anything
            self._take(event, parts[-1]["data"])
        return Answer(handler, first, seconds, _digest(parts)), parts[-1]

    async def _parts(self, event: dict, body: bytes):
        if not event["queue"]:
            yield orjson.loads(await self._asking.ask("/gradio_api/run/predict", "POST", body))
            return
        await self._asking.ask("/gradio_api/queue/join", "POST", body)
        async for message in self._reading.events(f"/gradio_api/queue/data?session_hash={self.session}"):
            if message.startswith((b'{"msg":"process_completed"', b'{"msg":"process_generating"')):
                read = orjson.loads(message)
                if not read["success"]:
                    raise ValueError(str(read["output"])[:200])
                yield read["output"]
            elif message.startswith(b'{"msg":"unexpected_error"'):
                raise ValueError(message[:200].decode())

    def _take(self, event: dict, values: Sequence) -> None:
        for component, value in zip(event["outputs"], values, strict=True):
            if not isinstance(value, dict) or value.get("__type__") != "update":
                self._values[component] = value
            elif "value" in value:
                self._values[component] = value["value"]


def _digest(parts: Sequence[Mapping]) -> tuple[str, ...]:
    """What tells two contents apart, for each output of each part, without the times that they tell."""
    outputs = (orjson.dumps(output) for part in parts for output in part["data"])
    return tuple(hashlib.blake2b(_without_times(output), digest_size=8).hexdigest() for output in outputs)


def _without_times(output: bytes) -> bytes:
    return _TIMES.sub(b"", output) if any(unit in output for unit in _UNITS) else output


# ---- a class ---------------------------------------------------------------------------------------------------------


@dataclass
class Kind:
    """Visitors of one kind: how many there are, and what they click."""

    count: int
    tabs: Mapping[str, Tab]


async def ask_alone(
    address: str, kinds: Mapping[str, Kind], seconds: float
) -> dict[tuple[str, int], list[list[Answer]]]:
    """What each visitor gets, click by click, when nobody else is there; as many clicks as he can do in those seconds."""
    page, found = Page(address), {}
    for name, kind in kinds.items():
        tabs = page.find(kind.tabs)
        for number in range(kind.count):
            async with Visitor(page, address, number, tabs, f"alone{name}") as visitor:
                clicks, used = [], 0.0
                while used < seconds:
                    clicks.append(await visitor.click())
                    used += THOUGHT + sum(each.seconds for each in clicks[-1])
                found[name, number] = clicks
    return found


@dataclass
class Work:
    """What a class at work got.

    Attributes:
        answers: kind of visitor -> what they got.
        wrong: answers that are not those that were got alone.
        uncompared: answers to clicks that nobody did alone.
        seconds: for how long they worked.
        used: processor seconds of the server, and of this client.
        lags: seconds that the server let a small file wait; and that this client woke up late.
    """

    answers: dict[str, list[Answer]]
    wrong: list[str]
    uncompared: int
    seconds: float
    used: tuple[float, float]
    lags: tuple[list[float], list[float]]


async def work(running: Running, kinds: Mapping[str, Kind], seconds: float, alone: Mapping) -> Work:
    """Let a class work for so many seconds."""
    page = Page(running.address)
    tabs = {name: page.find(kind.tabs) for name, kind in kinds.items()}
    done = Work({name: [] for name in kinds}, [], 0, 0.0, (0.0, 0.0), ([], []))
    async with Visitor(page, running.address, 10_000, next(iter(tabs.values())), "warming") as visitor:
        for _ in range(20):  # what is loaded at first use is no matter of a class
            await visitor.click()
    start, before = time.perf_counter(), (processor_seconds(running.process.pid), time.process_time())
    end = start + seconds

    async def stay(name: str, number: int) -> None:
        expected = iter(alone[name, number])
        async with Visitor(page, running.address, number, tabs[name], f"at_work{name}") as visitor:
            await asyncio.sleep(random.Random(number).uniform(0, THOUGHT))  # they have not all come at once
            while time.perf_counter() < end:
                answers = await visitor.click()
                _compare(name, answers, next(expected, None), done)
                await asyncio.sleep(THOUGHT if name == "at_work" or name == "empty" else 0)

    visits = [stay(name, number) for name, kind in kinds.items() for number in range(kind.count)]
    watch = asyncio.create_task(_watch(running.address, done.lags))
    await asyncio.gather(*visits)
    watch.cancel()
    done.seconds = time.perf_counter() - start
    done.used = (processor_seconds(running.process.pid) - before[0], time.process_time() - before[1])
    return done


async def work_together(serving: Sequence[Running], kinds: Mapping[str, Kind], seconds: float, alone: Mapping) -> Work:
    """Let a class work with several processes, each of which serves its share, as a proxy with a cookie deals them out."""
    parts = await asyncio.gather(
        *[
            work(running, {name: Kind(len(range(place, kind.count, len(serving))), kind.tabs) for name, kind in kinds.items()},
                 seconds, alone)
            for place, running in enumerate(serving)
        ]
    )  # fmt: skip
    return Work(
        {name: [each for part in parts for each in part.answers[name]] for name in kinds},
        [each for part in parts for each in part.wrong],
        sum(part.uncompared for part in parts),
        max(part.seconds for part in parts),
        (sum(part.used[0] for part in parts), max(part.used[1] for part in parts)),  # the client is one
        tuple([lag for part in parts for lag in part.lags[which]] for which in (0, 1)),
    )


def _compare(name: str, answers: Sequence[Answer], expected: Sequence[Answer] | None, done: Work) -> None:
    done.answers[name] += answers
    if expected is None:
        done.uncompared += len(answers)
        return
    for answer, right in itertools.zip_longest(answers, expected):
        if answer is None or right is None or (answer.handler, answer.content) != (right.handler, right.content):
            done.wrong.append(_say_difference(answer, right))


def _say_difference(answer: Answer | None, right: Answer | None) -> str:
    if answer is None or right is None or answer.handler != right.handler:
        return f"{answer and answer.handler} instead of {right and right.handler}"
    pairs = itertools.zip_longest(answer.content, right.content)
    return f"{answer.handler}, outputs {[place for place, (one, other) in enumerate(pairs) if one != other]}"


async def _watch(address: str, lags: tuple[list[float], list[float]]) -> None:
    async with Connection(address) as connection:
        while True:
            start = time.perf_counter()
            await asyncio.sleep(LOOK)
            lags[1].append(time.perf_counter() - start - LOOK)
            start = time.perf_counter()
            await connection.ask("/favicon.ico")
            lags[0].append(time.perf_counter() - start)


# ---- the report ------------------------------------------------------------------------------------------------------


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that so many of all values do not exceed."""
    return sorted(values)[max(0, min(len(values) - 1, round(share * len(values)) - 1))] if values else float("nan")


def say_times(name: str, answers: Sequence[Answer]) -> str:
    """A line of the table."""
    first, last = ([getattr(each, kind) for each in answers] for kind in ("first", "seconds"))
    numbers = [statistics.median(first), percentile(first, 0.95), max(first), percentile(last, 0.95), max(last)]
    return f"{name:28}{len(answers):7}" + "".join(f"{each:9.3f}" for each in numbers)


def print_work(title: str, done: Work) -> None:
    """What a class got, in all and by handler."""
    total = sum(map(len, done.answers.values()))
    errors = [each.error for answers in done.answers.values() for each in answers if each.error]
    print(f"\n{title}: {total} answers in {done.seconds:.1f} s, {total / done.seconds:.1f} a second")
    print(f"{'':28}{'count':>7}{'median':>9}{'95 %':>9}{'longest':>9}{'95 % end':>9}{'longest':>9}")
    for name, answers in done.answers.items():
        if answers:
            print(say_times(name, answers))
        by_handler = defaultdict(list)
        for each in answers:
            by_handler[each.handler].append(each)
        for handler, some in sorted(by_handler.items()):
            print(say_times(f"  {handler}", some))
    print(f"errors {len(errors)}, wrong answers {len(done.wrong)}, not compared {done.uncompared}")
    for each in sorted({*errors, *(f"wrong: {each}" for each in done.wrong)})[:10]:
        print("  " + each)
    server, client = done.used
    print(
        f"processor seconds: server {server:.1f} ({1000 * server / total:.1f} ms an answer), this client {client:.1f}; "
        f"{(server + client) / done.seconds:.2f} processors in all"
    )
    for who, lags in zip(("a small file", "this client's own delay"), done.lags, strict=True):
        print(
            f"{who}: median {statistics.median(lags):.3f}, 99 % {percentile(lags, 0.99):.3f}, longest {max(lags):.3f} s"
        )


def compare_work(app: Work, empty: Work) -> None:
    """How the app's answers compare with those of the empty page."""
    (ours,), (theirs,) = ([each[next(iter(each))]] for each in (app.answers, empty.answers))
    rows = {
        "answers a second": (len(ours) / app.seconds, len(theirs) / empty.seconds),
        "median, seconds": tuple(statistics.median(each.first for each in some) for some in (ours, theirs)),
        "95 %, seconds": tuple(percentile([each.first for each in some], 0.95) for some in (ours, theirs)),
        "ms of the server an answer": (1000 * app.used[0] / len(ours), 1000 * empty.used[0] / len(theirs)),
    }
    print(f"\n{'':28}{'app':>10}{'empty':>10}{'ratio':>10}")
    for name, (one, other) in rows.items():
        print(f"{name:28}{one:10.3f}{other:10.3f}{one / other:10.2f}")


def measure_work(serving, visitors: int, gradients: int, seconds: float, processes: int) -> None:
    """Print how a class works.

    Args:
        serving: gives a running program within a `with`, by its name: "app" or "empty".
        visitors: that work.
        gradients: others that compute integrated gradients of ResNet-18, again and again.
        seconds: of work.
        processes: of the app among which the visitors are dealt out.
    """
    classes: dict[str, dict[str, Kind]] = {
        "app": {"at_work": Kind(visitors - gradients, OF_A_TAB), "gradients": Kind(gradients, GRADIENTS)},
        "empty": {"empty": Kind(visitors, EMPTY)},
    }
    found = {}
    for program, kinds in classes.items():
        with serving(program) as running:
            alone = asyncio.run(ask_alone(running.address, kinds, seconds))
        with contextlib.ExitStack() as stack:
            several = [stack.enter_context(serving(program)) for _ in range(processes)]
            found[program] = asyncio.run(work_together(several, kinds, seconds, alone))
        print_work(program, found[program])
    compare_work(found["app"], found["empty"])
