"""The app as a program of its own, started as its README says."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
START_SECONDS = 300
UPLOADS = "GRADIO_TEMP_DIR"  # set where a test has built the app in this process; a started one has a folder of its own


@dataclass(frozen=True)
class Running:
    """A started app.

    Attributes:
        address: where it serves.
        log: the file with all that it prints.
        process: the process.
    """

    address: str
    log: Path
    process: subprocess.Popen

    def megabytes(self) -> float:
        """Memory that it holds now."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1024


def find_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def start_app(log: Path, program: Sequence[str] = ("app.py",), **settings: str) -> Iterator[Running]:
    """The app on a free port until the block ends.

    Args:
        log: file to write its output to.
        program: arguments of Python, from the repository's root.
        **settings: further environment variables.
    """
    port = find_port()
    own = {name: value for name, value in os.environ.items() if name != UPLOADS}
    environment = {**own, "CNN_EXPLORER_HOST": "127.0.0.1", "CNN_EXPLORER_PORT": str(port), **settings}
    with open(log, "w") as output:
        process = subprocess.Popen(
            [sys.executable, *program], cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(address, process, log)
        yield Running(address, log, process)
    finally:
        process.terminate()
        process.wait(30)


def _wait_for(address: str, process: subprocess.Popen, log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=10).read()
            return
        except OSError:
            time.sleep(0.5)
    pytest.fail(f"the app did not start:\n{log.read_text()}", pytrace=False)
