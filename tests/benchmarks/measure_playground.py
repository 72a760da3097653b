"""What one step of a slider of the convolution tab costs, in a real browser; of one or more running apps, in turns.

    python -m tests.benchmarks.measure_playground http://127.0.0.1:7860 [http://127.0.0.1:7861 ...]

Drags the padding over twenty steps and prints for each app, as medians over several drags: the milliseconds of the input event itself
(what the page computes and draws before anything else can happen), the milliseconds of all scripts of the page for a step (Gradio's
included), the calls to the server during and after the drag, and the kilobytes both ways. Nothing is asserted, and pytest does
not collect this file.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import CDPSession, Page, sync_playwright

from explorer.text import text_in
from tests.browser.conftest import FLAGS

STEPS = 20
DRAGS = 5
PAUSE = 50  # ms from one step to the next
QUIET = 2500  # ms after a drag, for the answers
TEXT = text_in("en")
LARGE = ";".join([",".join(["1", "2", "0", "-1", "0.5", "-2", "1"])] * 7)
CASES = {"28 x 28, 3 x 3": ("sample", ""), "56 x 56, 7 x 7": ("upload", f"&cells={LARGE}")}

DRAG = """async ([label, steps, pause]) => {
  const slider = [...document.querySelectorAll("input[type=range]")].find((each) => each.ariaLabel?.includes(label));
  const times = [];
  for (let step = 0; step < steps; step++) {
    slider.value = (Number(slider.value) + 1) % 7;
    const start = performance.now();
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    times.push(performance.now() - start);
    await new Promise((done) => setTimeout(done, pause));
  }
  return times;
}"""


def open_case(page: Page, address: str, source: str, rest: str, picture: Path) -> None:
    """The tab with a picture and a kernel of that size."""
    page.goto(f"{address}/?tab=convolution&input={source}{rest}")
    page.locator(".look-for:visible").first.wait_for()
    page.wait_for_timeout(1500)
    if source == "upload":
        page.locator(".tabitem:visible input[type=file]").first.set_input_files(picture)
    page.wait_for_timeout(3000)


def read_scripts(devtools: CDPSession) -> float:
    """Seconds that the page's scripts have run so far."""
    metrics = devtools.send("Performance.getMetrics")["metrics"]
    return next(each["value"] for each in metrics if each["name"] == "ScriptDuration")


class Traffic:
    """Calls of a page to its server, and the bytes both ways."""

    def __init__(self, devtools: CDPSession):
        self.calls = self.bytes = 0
        self._kept: set[str] = set()
        devtools.send("Network.enable")
        devtools.on("Network.requestWillBeSent", self._on_request)
        devtools.on("Network.dataReceived", self._on_data)

    def _on_request(self, event: dict) -> None:
        if event["request"]["method"] == "POST":
            self._kept.add(event["requestId"])
            self.calls += 1
            self.bytes += len(event["request"].get("postData", ""))

    def _on_data(self, event: dict) -> None:
        if event["requestId"] in self._kept:
            self.bytes += event["dataLength"]


def measure(page: Page, devtools: CDPSession, traffic: Traffic) -> tuple[float, float, float, float]:
    """Milliseconds of an event and of all scripts a step, calls and kilobytes of one drag."""
    calls, size, scripts = traffic.calls, traffic.bytes, read_scripts(devtools)
    times = page.evaluate(DRAG, [TEXT("terms.padding"), STEPS, PAUSE])
    page.wait_for_timeout(QUIET)
    spent = 1000 * (read_scripts(devtools) - scripts) / STEPS
    return statistics.median(times), spent, traffic.calls - calls, (traffic.bytes - size) / 1000


def main() -> None:
    """Measure all apps in turns and print a row for each case and app."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("addresses", nargs="+", help="of running apps")
    addresses = parser.parse_args().addresses
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "noise.png"
        Image.fromarray(np.random.default_rng(0).integers(0, 256, (56, 56), dtype=np.uint8)).save(picture)
        browser = playwright.chromium.launch(args=list(FLAGS), executable_path="/usr/bin/chromium")
        for name, (source, rest) in CASES.items():
            opened = []
            for address in addresses:
                page = browser.new_page(viewport={"width": 1280, "height": 720})
                devtools = page.context.new_cdp_session(page)
                devtools.send("Performance.enable")
                open_case(page, address, source, rest, picture)
                opened.append((address, page, devtools, Traffic(devtools)))
            found: dict[str, list] = {address: [] for address in addresses}
            for _ in range(DRAGS):
                for address, page, devtools, traffic in opened:
                    page.bring_to_front()
                    found[address].append(measure(page, devtools, traffic))
            for address, rows in found.items():
                event, scripts, calls, size = (statistics.median(each) for each in zip(*rows, strict=True))
                print(
                    f"{name:16} {address:28} event {event:6.1f} ms, scripts {scripts:6.1f} ms a step, "
                    f"{calls:4.0f} calls, {size:7.1f} kB a drag of {STEPS} steps",
                    flush=True,
                )
            for _, page, *_rest in opened:
                page.close()
        browser.close()


if __name__ == "__main__":
    main()
