"""CNN Explorer: see how convolutional networks work, on real Fashion-MNIST clothes.

`from explorer import show` opens it on one's own network, see explorer/launch.py.
"""

import importlib
import os

# Nothing here asks outside. Gradio reads this when it is first imported, and asks at once if it is not set.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")


def __getattr__(name: str):
    if name != "show":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return importlib.import_module("explorer.launch").show  # not above: torch and gradio take seconds to import
