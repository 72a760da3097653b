"""How much ten events of the page send and how long they take, in a real browser; of two running apps, in turns.

    python -m tests.benchmarks.measure_events http://127.0.0.1:7860 [http://127.0.0.1:7861 ...]

Prints for each event and each app the kilobytes that the page sent, the kilobytes that it got, and the milliseconds from
the click until the last byte of the answer, as medians; and the weight of the first page. Nothing is asserted, and pytest
does not collect this file.
"""

from __future__ import annotations

import argparse
import statistics
import time
import urllib.request
from collections.abc import Callable

from playwright.sync_api import Page, sync_playwright

from tests.browser.conftest import FLAGS

QUIET = 1.2  # seconds without a byte after which an event is over
OWN_TABLE = "conv,3,1,1,1;conv,3,2,1,1;pool,2,2,0,1;conv,5,1,2,1;transposed,4,2,1,1;conv,3,1,1,1"

Act = Callable[[Page], None]


def slide(label: str) -> Act:
    """Move a slider by one step, to and fro."""

    def act(page: Page) -> None:
        number = page.get_by_label(f"number input for {label}", exact=True).locator("visible=true").first
        value = int(number.input_value())
        number.fill(str(value + 1 if value % 2 == 0 else value - 1))
        number.press("Enter")

    return act


def choose(label: str, first: str, second: str) -> Act:
    """Choose one of two entries of a dropdown, in turn."""

    def act(page: Page) -> None:
        box = page.get_by_label(label, exact=True).locator("visible=true").first
        wanted = second if box.input_value() == first else first
        box.click()
        page.get_by_role("option", name=wanted, exact=True).locator("visible=true").first.click()

    return act


def press(selector: str, *keys: str) -> Act:
    """Keys on an element, in turn."""
    state = {"next": 0}

    def act(page: Page) -> None:
        place = page.locator(selector).locator("visible=true").first
        place.focus()
        place.press(keys[state["next"] % len(keys)])
        state["next"] += 1

    return act


def click(*selectors: str) -> Act:
    """Click one of these elements, in turn."""
    state = {"next": 0}

    def act(page: Page) -> None:
        page.locator(selectors[state["next"] % len(selectors)]).locator("visible=true").first.click()
        state["next"] += 1

    return act


UNIT = "#receptive-field-canvas canvas[tabindex='0']"
EVENTS: dict[str, tuple[str, Act]] = {
    "convolution: pooling window": ("/?tab=convolution&input=sample", slide("Window of the pooling")),
    "convolution: stride": ("/?tab=convolution&input=sample", slide("Stride")),
    "receptive field: unit, ResNet-50": (
        "/?tab=receptive_field&model=resnet50&layer=20&size=112",
        press(UNIT, "ArrowLeft", "ArrowRight"),
    ),
    "receptive field: unit, own table": (
        f"/?tab=receptive_field&model=table&layers={OWN_TABLE}&layer=6",
        press(UNIT, "ArrowLeft", "ArrowRight"),
    ),
    "receptive field: layer, ResNet-50": ("/?tab=receptive_field&model=resnet50&layer=20", slide("Layer")),
    "shapes: view, ResNet-50": (
        "/?tab=shapes&model=resnet50",
        click('.view-switch label:has(input[value="graph"])', '.view-switch label:has(input[value="flow"])'),
    ),
    "shapes: image size, ResNet-18": ("/?tab=shapes&model=resnet18", slide("Image side (pixels)")),
    "gradient flow: depth": ("/?tab=gradient_flow", slide("Depth (blocks)")),
    "classifier: method": ("/?tab=classifier", choose("Method", "Gradient", "Input × gradient")),
    "classifier: class": ("/?tab=classifier&method=gradient", choose("Target class", "Bag", "Coat")),
}


class Traffic:
    """Bytes between a page and its server, and when the last one came."""

    def __init__(self, page: Page):
        self.sent = self.got = 0
        self.last = time.perf_counter()
        self._kept: set[str] = set()
        devtools = page.context.new_cdp_session(page)
        devtools.send("Network.enable")
        devtools.on("Network.requestWillBeSent", self._on_request)
        devtools.on("Network.dataReceived", self._on_data)

    def _on_request(self, event: dict) -> None:
        request = event["request"]
        if "heartbeat" in request["url"]:
            return
        self._kept.add(event["requestId"])
        self.sent += len(request.get("postData", ""))
        self.last = time.perf_counter()

    def _on_data(self, event: dict) -> None:
        if event["requestId"] in self._kept:
            self.got += event["dataLength"]
            self.last = time.perf_counter()


def measure(page: Page, traffic: Traffic, act: Act) -> tuple[float, float, float]:
    """Kilobytes sent, kilobytes got, and milliseconds of one event."""
    sent, got, start = traffic.sent, traffic.got, time.perf_counter()
    traffic.last = start
    act(page)
    while time.perf_counter() - max(traffic.last, start) < QUIET:
        page.wait_for_timeout(50)
    return (traffic.sent - sent) / 1000, (traffic.got - got) / 1000, 1000 * (traffic.last - start)


def weigh(address: str) -> tuple[float, float]:
    """Kilobytes of the first page, as it is sent packed and as it is read."""
    sizes = []
    for encoding in ("gzip", "identity"):
        request = urllib.request.Request(address, headers={"accept-encoding": encoding})
        sizes.append(len(urllib.request.urlopen(request).read()) / 1000)
    return sizes[0], sizes[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("addresses", nargs="+", help="where the apps run")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    arguments = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=arguments.chromium, args=list(FLAGS))
        print(
            f"{'event':36}" + "".join(f"| sent kB   got kB      ms  {address[-5:]} " for address in arguments.addresses)
        )
        for name, (path, act) in EVENTS.items():
            pages = []
            for address in arguments.addresses:
                page = browser.new_context(viewport={"width": 1280, "height": 720}).new_page()
                traffic = Traffic(page)
                page.goto(address + path)
                page.wait_for_timeout(6000)
                pages.append((page, traffic))
            found: list[list] = [[] for _ in pages]
            for _ in range(arguments.repeats + 1):
                for record, (page, traffic) in zip(found, pages, strict=True):
                    page.bring_to_front()
                    record.append(measure(page, traffic, act))
            rows = [[statistics.median(values) for values in zip(*record[1:], strict=True)] for record in found]
            print(
                f"{name:36}" + "".join(f"| {sent:7.1f} {got:8.1f} {ms:7.0f}        " for sent, got, ms in rows),
                flush=True,
            )
            for page, _ in pages:
                page.context.close()
        for address in arguments.addresses:
            packed, read = weigh(address)
            print(f"first page of {address}: {packed:.0f} kB packed, {read:.0f} kB read")
        browser.close()


if __name__ == "__main__":
    main()
