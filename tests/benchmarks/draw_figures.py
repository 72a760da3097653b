"""What a figure to keep costs, beside an empty figure of matplotlib in the same run: python -m tests.benchmarks.draw_figures

The processor time of this thread, in each tab's figures as it opens and in each format; the results are there already.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Sequence
from statistics import median

from explorer.prints.paper import DPI, FORMATS, render
from explorer.prints.records import Print
from explorer.server.memory import holding_still
from explorer.take_away import find_wing, gather
from explorer.wings import WINGS

ROUNDS = 3


def measure(work: Callable[[], object]) -> float:
    """The median time in ms."""
    times = []
    for _ in range(ROUNDS):
        start = time.thread_time()
        work()
        times.append(1000 * (time.thread_time() - start))
    return median(times)


def draw_empty(kind: str) -> None:
    """A figure of the size of most, with empty axes."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 5), layout="constrained")
    figure.subplots()
    figure.savefig(io.BytesIO(), format=kind, dpi=DPI)


def draw(sheet: Print, kind: str) -> None:
    """A figure of the app."""
    render(sheet, kind, "en", "http://127.0.0.1:7860/")


def main() -> None:
    kinds = [kind for kind in FORMATS if kind != "csv"]
    tabs = [tab for tab in WINGS if find_wing(tab, "en").keeps]
    sheets = [(tab, sheet) for tab in tabs for sheet in gather(tab, "", "en")]
    draw(sheets[0][1], "png")  # the first one imports matplotlib
    with holding_still():  # as while the app runs
        _compare(sheets, kinds)


def _compare(sheets: Sequence[tuple[str, Print]], kinds: Sequence[str]) -> None:
    empty = {kind: measure(lambda kind=kind: draw_empty(kind)) for kind in kinds}
    print(f"{'empty figure':34}", *(f"{kind} {empty[kind]:6.0f} ms       " for kind in kinds))
    taken = {kind: [] for kind in kinds}
    for tab, sheet in sheets:
        times = {kind: measure(lambda kind=kind, sheet=sheet: draw(sheet, kind)) for kind in kinds}
        for kind in kinds:
            taken[kind].append(times[kind])
        print(
            f"{tab + ' ' + sheet.name:34}",
            *(f"{kind} {times[kind]:6.0f} ms {times[kind] / empty[kind]:4.1f} x" for kind in kinds),
        )
    print(
        f"{'median':34}",
        *(f"{kind} {median(taken[kind]):6.0f} ms {median(taken[kind]) / empty[kind]:4.1f} x" for kind in kinds),
    )
    files = [each for kind in kinds for each in taken[kind]]
    ratios = [each / empty[kind] for kind in kinds for each in taken[kind]]
    print(f"{f'median of all {len(files)} files':34} {median(files):6.0f} ms {median(ratios):4.1f} x")


if __name__ == "__main__":
    main()
