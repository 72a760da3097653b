"""A server that is slow to answer: calls of the page are kept until a test lets them go."""

from __future__ import annotations

AT_ONCE, QUEUED = "**/gradio_api/run/**", "**/gradio_api/queue/join*"  # addresses of calls
LATE = 700  # ms in which an answer that has been let go is shown


def hold_calls(page, address: str, most: int | None = None) -> list:
    """Keep all calls from now on, or the first so many, each until its `continue_()`."""
    held: list = []

    def keep(route) -> None:
        if most is None or len(held) < most:
            held.append(route)
        else:
            route.continue_()

    page.route(address, keep)
    return held


def wait_for_held(page, held: list, number: int = 1) -> None:
    """Wait until so many calls are kept. A dropdown makes two of each choice."""
    for _ in range(200):
        if len(held) >= number:
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"{len(held)} of {number} calls came")


def release_calls(page, held: list, address: str) -> None:
    """Let all of them go, and keep no more."""
    for route in held:
        route.continue_()
    page.unroute(address)
