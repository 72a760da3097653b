"""How a class arrives, how long it lasts and how fast the app starts, beside a Gradio page with one textbox in the same run.

    python -m tests.benchmarks.class_of_thirty [--repeats 3] [--visitors 30] [--path /zh]
    python -m tests.benchmarks.class_of_thirty --soak 1000
    python -m tests.benchmarks.class_of_thirty --starts 5
    python -m tests.benchmarks.class_of_thirty --work 20 [--visitors 30] [--gradients 3]

What one visit of a real Chromium asks for is written down, and asked for again by thirty visitors at once, with empty caches and
at most six connections each, as browsers have. Printed are the best of several rounds, for both apps in turns: seconds until the
last visitor has everything; processor seconds of the server for each visitor, all threads, as the kernel counts them; requests
and bytes of a visitor; pages of HTML a second; milliseconds of the server that a session's first event takes beyond a later
one; with `--soak` the memory after 100 visits and after so many, each with all requests, an event and a leaving; with
`--starts` the seconds from the start of the process to the first page. Processor seconds and ratios hold on a machine that does other
things as well; the other times only on one that does not. Nothing is asserted, and pytest does not collect this file.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.benchmarks.class_at_work import measure_work
from tests.benchmarks.light_client import Connection, processor_seconds
from tests.browser.conftest import FLAGS
from tests.serving import ROOT, Running, find_port, start_app

PROGRAMS = {"app": "app.py", "empty": "tests/benchmarks/empty_app.py"}
CONNECTIONS = 6  # that a browser opens to one server
SETTLED = 5.0  # seconds after which a page asks for nothing more
ENDLESS = ("/gradio_api/heartbeat/", "/gradio_api/queue/data")


@contextlib.asynccontextmanager
async def visiting(address: str, paths: Sequence[str], session: str):
    """One visitor who asks for the page, then for all the rest at once, and stays; gives the bytes that he got."""
    got = 0
    rest = iter(paths[1:])

    async def work(connection: Connection) -> None:
        nonlocal got
        for path in rest:
            size = len(await connection.ask(path))
            got += size

    async with contextlib.AsyncExitStack() as stack:
        first = await stack.enter_async_context(Connection(address))
        got = len(await first.ask(paths[0]))
        others = [await stack.enter_async_context(Connection(address)) for _ in range(CONNECTIONS - 1)]
        await asyncio.gather(*map(work, [first, *others]))
        await first.stay(f"/gradio_api/heartbeat/{session}")
        yield got


# ---- what is measured ----------------------------------------------------------------------------------------------


def list_requests(address: str, path: str, chromium: str) -> list[str]:
    """What a browser with an empty cache asks for when it opens a page, in order, without the streams that stay open."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        page = browser.new_context(viewport={"width": 1280, "height": 720}).new_page()
        found: list[str] = []
        page.on("request", lambda request: found.append(request.url) if request.url.startswith("http") else None)
        page.goto(address + path)
        page.wait_for_timeout(1000 * SETTLED)
        browser.close()
    paths = [url.removeprefix(address) for url in found]
    return [path for path in paths if not path.startswith(ENDLESS)]


async def arrive(running: Running, paths: Sequence[str], visitors: int) -> tuple[float, float]:
    """Seconds until the last of so many visitors has everything, and processor seconds of the server for each."""
    before, start = processor_seconds(running.process.pid), time.perf_counter()
    async with contextlib.AsyncExitStack() as stack:
        visits = [visiting(running.address, paths, f"arriving{number}") for number in range(visitors)]
        await asyncio.gather(*map(stack.enter_async_context, visits))
        seconds = time.perf_counter() - start
        used = processor_seconds(running.process.pid) - before
    return seconds, used / visitors


async def weigh(running: Running, paths: Sequence[str]) -> int:
    """Bytes that one visitor gets."""
    async with visiting(running.address, paths, "weighing") as got:
        return got


async def count_pages(running: Running, path: str, seconds: float = 2.0) -> float:
    """Pages of HTML a second."""
    end, count = time.perf_counter() + seconds, 0

    async def ask() -> None:
        nonlocal count
        async with Connection(running.address) as connection:
            while time.perf_counter() < end:
                await connection.ask(path)
                count += 1

    start = time.perf_counter()
    await asyncio.gather(*[ask() for _ in range(CONNECTIONS)])
    return count / (time.perf_counter() - start)


def find_event(address: str) -> dict:
    """A cheap event of the page that is answered without a queue, as it is sent."""
    config = json.load(urllib.request.urlopen(f"{address}/config"))
    values = {each["id"]: each["props"].get("value") for each in config["components"]}
    events = [each for each in config["dependencies"] if each["backend_fn"] and not each["queue"]]
    # The one with the fewest values: its work is little, and it is the same for a new session and for a known one.
    event = min(events, key=lambda each: (len(each["outputs"]), len(each["inputs"]), each["id"]))
    return {"fn_index": event["id"], "data": [values[each] for each in event["inputs"]]}


async def send(connection: Connection, event: dict, session: str) -> None:
    await connection.ask("/gradio_api/run/predict", "POST", json.dumps({**event, "session_hash": session}).encode())


async def cost_of_session(running: Running, event: dict, sessions: int = 400) -> float:
    """Processor seconds of the server that an event takes more where it is the first of its session."""
    used = {"known": 0.0, "new": 0.0}
    async with Connection(running.address) as connection:
        for number in range(-1, sessions // 50):  # in turns; the first turn warms up
            for kind in used:
                before = processor_seconds(running.process.pid)
                for each in range(50):
                    name = kind if kind == "known" else f"new{time.monotonic_ns()}x{each}"
                    await send(connection, event, name)
                used[kind] += (processor_seconds(running.process.pid) - before) * (number >= 0)
    return (used["new"] - used["known"]) / sessions


async def soak(running: Running, paths: Sequence[str], event: dict, visits: int) -> None:
    """Print the memory after 100 visits, and after as many more as there shall be."""
    start, after_hundred = time.perf_counter(), 0.0
    for number in range(1, visits + 1):
        session = f"soaking{number}"
        async with visiting(running.address, paths, session), Connection(running.address) as connection:
            await send(connection, event, session)
        if number in (100, visits) or number % 250 == 0:
            await asyncio.sleep(40)  # what is kept of those who left goes, and freed memory with it
            now = running.megabytes()
            after_hundred = after_hundred or now
            minutes = (time.perf_counter() - start) / 60
            print(
                f"  {number:5} visits: {now:7.1f} MB, {now / after_hundred:.3f} of after 100 ({minutes:.1f} min)",
                flush=True,
            )


# ---- starts --------------------------------------------------------------------------------------------------------


def start_once(program: str) -> tuple[float, float]:
    """Seconds from the start of the process until its page is there, and processor seconds that it has used by then."""
    port = find_port()
    environment = {**os.environ, "CNN_EXPLORER_HOST": "127.0.0.1", "CNN_EXPLORER_PORT": str(port)}
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, program], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        while process.poll() is None:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}", timeout=60).read()
                return time.perf_counter() - start, processor_seconds(process.pid)
            except OSError:
                time.sleep(0.02)
        raise RuntimeError(f"{program} did not start")
    finally:
        process.terminate()
        process.wait(30)


def compare_starts(times: int) -> None:
    """Print the best of so many starts of both, in turns."""
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in PROGRAMS}
    for _ in range(times):
        for name, program in PROGRAMS.items():
            found[name].append(start_once(program))
    print("first page after start, best of", times)
    for place, kind in enumerate(("seconds", "processor seconds")):
        app, empty = (min(each[place] for each in found[name]) for name in PROGRAMS)
        pairs = " ".join(f"{a[place] / b[place]:.2f}" for a, b in zip(found["app"], found["empty"], strict=True))
        print(
            f"{kind}: app {app:.2f}, torch with an empty page {empty:.2f}, ratio {app / empty:.2f}; of the pairs {pairs}"
        )


# ---- the report ----------------------------------------------------------------------------------------------------


@dataclass
class Found:
    """The best of several rounds for one app."""

    requests: int
    kilobytes: float
    last_has_all: float
    server_ms: float
    pages_a_second: float
    session_ms: float


def measure_arrivals(running: Running, paths: Sequence[str], visitors: int) -> Found:
    """One round of everything that has to do with arriving."""
    seconds, used = asyncio.run(arrive(running, paths, visitors))
    return Found(
        requests=len(paths),
        kilobytes=asyncio.run(weigh(running, paths)) / 1000,
        last_has_all=seconds,
        server_ms=1000 * used,
        pages_a_second=asyncio.run(count_pages(running, paths[0])),
        session_ms=1000 * asyncio.run(cost_of_session(running, find_event(running.address))),
    )


ROWS = {
    "requests": ("requests of a visitor", "{:.0f}", min),
    "kilobytes": ("kB of a visitor, as sent", "{:.0f}", min),
    "last_has_all": ("seconds until the last has all", "{:.2f}", min),
    "server_ms": ("ms of the server's processor a visitor", "{:.0f}", min),
    "pages_a_second": ("pages of HTML a second", "{:.0f}", max),
    "session_ms": ("ms that a session's first event costs more", "{:.2f}", min),
}


def print_table(rounds: dict[str, list[Found]]) -> None:
    print(f"{'':44}{'app':>10}{'empty':>10}{'ratio':>10}")
    for key, (title, form, best) in ROWS.items():
        app, empty = (best(getattr(each, key) for each in rounds[name]) for name in PROGRAMS)
        ratio = f"{app / empty:.2f}" if empty > 0 else ""
        print(f"{title:44}{form.format(app):>10}{form.format(empty):>10}{ratio:>10}")


@contextlib.contextmanager
def one_running(name: str) -> Iterator[Running]:
    with tempfile.TemporaryDirectory() as folder, start_app(Path(folder) / "log", (PROGRAMS[name],)) as running:
        yield running


@contextlib.contextmanager
def both_running() -> Iterator[dict[str, Running]]:
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        yield {
            name: stack.enter_context(start_app(Path(folder) / f"{name}.log", (program,)))
            for name, program in PROGRAMS.items()
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--visitors", type=int, default=30)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--path", default="/", help="page of the app that is opened, with its settings")
    parser.add_argument("--soak", type=int, metavar="VISITS", help="measure memory over so many visits instead")
    parser.add_argument("--starts", type=int, metavar="TIMES", help="measure so many starts instead")
    parser.add_argument("--work", type=float, metavar="SECONDS", help="let the class work for so long instead")
    parser.add_argument("--gradients", type=int, default=0, help="visitors at work who compute integrated gradients")
    parser.add_argument("--processes", type=int, default=1, help="processes among which the class at work is dealt out")
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    arguments = parser.parse_args()
    if arguments.starts:
        compare_starts(arguments.starts)
        return
    if arguments.work:
        measure_work(one_running, arguments.visitors, arguments.gradients, arguments.work, arguments.processes)
        return
    with both_running() as servers:
        pages = {"app": arguments.path, "empty": "/"}
        asked = {name: list_requests(each.address, pages[name], arguments.chromium) for name, each in servers.items()}
        if arguments.soak:
            for name, running in servers.items():
                print(name)
                asyncio.run(soak(running, asked[name], find_event(running.address), arguments.soak))
            return
        rounds: dict[str, list[Found]] = {name: [] for name in servers}
        for _ in range(arguments.repeats):
            for name, running in servers.items():
                rounds[name].append(measure_arrivals(running, asked[name], arguments.visitors))
        print_table(rounds)


if __name__ == "__main__":
    main()
