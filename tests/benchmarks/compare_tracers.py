"""What our walk over a network takes beside torchinfo and torchscan, in one run: time and peak memory.

    python -m tests.benchmarks.compare_tracers

Cold is a network that nobody has seen: it is recorded and traced. Warm is the same network at an input size: its
recording is kept. The peers run a real forward each time, so they have no warm. All take turns on the same network
with real weights, on one thread, and the median of the processor time counts. Peak memory is what a process
forked for that one call needs on top of the network. Nothing is asserted, and pytest does not collect this file.
"""

from __future__ import annotations

import argparse
import multiprocessing
import statistics
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import torch
import torchinfo
import torchscan
import torchvision
from torch import nn

from explorer.models.trace import record, trace

NETWORKS = ("resnet18", "resnet152", "densenet121", "efficientnet_b0", "convnext_tiny")
SIZES = (224, 640)


def prepare(model: nn.Module, size: int) -> dict[str, Callable]:
    """The same question put to each."""
    recording = record(model)
    return {
        "cold": lambda: trace(model, (3, size, size)),
        "warm": lambda: recording.trace((3, size, size)),
        "torchinfo": lambda: torchinfo.summary(model, (1, 3, size, size), verbose=0, device="cpu"),
        "torchscan": lambda: torchscan.crawl_module(model, (3, size, size)),
    }


def time_in_turns(calls: dict[str, Callable], repeats: int) -> dict[str, float]:
    """Median seconds of processor time of each, after one call that is not counted; NaN where it raises."""
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(repeats + 1):
        for name, call in calls.items():
            start = time.process_time()
            try:
                call()
            except Exception:
                seconds[name].append(float("nan"))
                continue
            if turn:
                seconds[name].append(time.process_time() - start)
    return {name: statistics.median(values) for name, values in seconds.items()}


def measure_peak(call: Callable) -> float:
    """Mebibytes that a call adds to its process at most."""
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()

    def run() -> None:
        Path("/proc/self/clear_refs").write_text("5")  # the peak starts again
        before = _read_status("VmRSS")
        try:
            call()
        except Exception:
            theirs.send(float("nan"))
            return
        theirs.send((_read_status("VmHWM") - before) / 1024)

    process = context.Process(target=run)
    process.start()
    peak = ours.recv()
    process.join()
    return peak


def _read_status(name: str) -> int:
    """A line of the process's own account, in KiB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(name)).split()[1])


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare the walk over networks with torchinfo and torchscan.")
    parser.add_argument("--repeats", type=int, default=5, help="timed calls of each (default: 5)")
    parser.add_argument("--networks", nargs="*", default=NETWORKS, help="names in torchvision.models")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    columns = ("cold", "warm", "torchinfo", "torchscan")
    print(f"torchinfo {torchinfo.__version__}, torchscan {torchscan.__version__}, torch {torch.__version__}")
    print(f"{'':22}{'ms':>9}{'':27}{'torchinfo /':>16}{'':8}{'torchscan /':>16}{'':6}{'MiB':>9}")
    print(f"{'network':16}{'px':>5}" + "".join(f"{name:>10}" for name in columns), end="")
    print(f"{'cold':>9}{'warm':>8}{'cold':>11}{'warm':>8}{'ours':>11}{'torchinfo':>11}{'torchscan':>11}")
    for name in arguments.networks:
        model = getattr(torchvision.models, name)().eval()
        for size in SIZES:
            calls = prepare(model, size)
            for call in calls.values():  # what PyTorch sets up once is nobody's memory
                with suppress(Exception):  # told as NaN below
                    call()
            peaks = {key: measure_peak(calls[key]) for key in ("cold", "torchinfo", "torchscan")}
            times = time_in_turns(calls, arguments.repeats)
            print(f"{name:16}{size:>5}" + "".join(f"{times[key] * 1e3:>10.1f}" for key in columns), end="")
            for peer, gap in (("torchinfo", 9), ("torchscan", 11)):
                cold, warm = times[peer] / times["cold"], times[peer] / times["warm"]
                print(f"{cold:>{gap}.1f}{warm:>8.1f}", end="")
            print(f"{peaks['cold']:>11.1f}{peaks['torchinfo']:>11.1f}{peaks['torchscan']:>11.1f}", flush=True)


if __name__ == "__main__":
    main()
