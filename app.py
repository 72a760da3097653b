"""Builds the app and, run as a program, serves it."""

from __future__ import annotations

import signal
import sys

from explorer.server.importing import without_unused_parts
from explorer.server.memory import limit_arenas, throwing_nothing_away

limit_arenas()
with throwing_nothing_away(), without_unused_parts():  # a start is mostly imports
    import torch

    from explorer.interface import build_app, launch_settings
    from explorer.launch import open_models
    from explorer.patience import end_all
    from explorer.settings import load_settings

    settings = load_settings()
    torch.set_num_threads(settings.threads)
    demo = build_app(settings, open_models(sys.argv[1:]) if __name__ == "__main__" else ())


def end(number, frame) -> None:
    """Stop what is computed, then the server."""
    end_all()
    signal.default_int_handler(number, frame)


if __name__ == "__main__":
    for number in (signal.SIGTERM, signal.SIGINT):  # both alike: what visitors brought is deleted
        signal.signal(number, end)
    demo.launch(**launch_settings(settings))
