"""Measures which way to compute a convolution is the fastest as kernels and pictures grow.

`python -m explorer.convolution.measure_ways` writes ways.json beside this file, in about a minute on one core.
"""

from __future__ import annotations

import json
import os
import platform
from functools import cache
from pathlib import Path

import torch

from explorer.convolution.ways import measure_growth

FILE = Path(__file__).with_name("ways.json")
KERNELS = (3, 5, 7, 11, 15, 23, 31)
PICTURES = (32, 64, 128, 256)


@cache
def load_growth() -> dict:
    """What was measured: "machine", "kernels" and "pictures", as `main` wrote it."""
    return json.loads(FILE.read_text(encoding="utf-8"))


def find_processor() -> str:
    """The name of the processor, as Linux knows it, else its kind."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def main() -> None:
    """Measure on one thread and write the file."""
    torch.set_num_threads(1)
    pictures = measure_growth(PICTURES, KERNELS)
    rounded = {
        side: {name: [round(each, 4) for each in times] for name, times in ways.items()}
        for side, ways in pictures.items()
    }
    machine = {"processor": find_processor(), "cores": os.cpu_count(), "threads": 1, "torch": torch.__version__}
    FILE.write_text(
        json.dumps({"machine": machine, "kernels": KERNELS, "pictures": rounded}, indent=1) + "\n", encoding="utf-8"
    )


if __name__ == "__main__":
    main()
