"""The values in a request: few enough to be looked at, and without what no handler should meet."""

from __future__ import annotations

import json
import math
import sys
from typing import Any

from explorer.server.words import RefusedError

MOST_DEPTH = 16  # lists and objects in one another
MOST_OF = {b"[": 4_000, b"{": 4_000, b",": 300_000, b'"': 100_000}  # signs in a request: an image has a list a row

_LEAST, _GREATEST = -(2**63), 2**63 - 1  # whole numbers that an answer can repeat
_MEANT_FOR_GRADIO = "meta"  # by which Gradio knows a file that it should open, copy or fetch


def read_json(body: bytes) -> Any:
    """What a body says, as JSON.

    Millions of small values would take everybody's time: they are counted before they are read.

    Raises:
        RefusedError: it is no JSON, or holds too many values.
    """
    if any(body.count(sign) > most for sign, most in MOST_OF.items()):
        raise RefusedError(413, "too_many_values")
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise RefusedError(400, "no_json") from error


def clean(value: Any, depth: int = 0) -> Any:
    """A copy of a value from a request without what no handler should meet.

    Lone surrogates become the sign for an unknown character, as browsers write them, and whole numbers of more than 64 bits,
    which cannot be sent back, the nearest number that browsers have. An object that names a file to Gradio loses the sign
    by which Gradio knows it: no path or address that a visitor names is opened, copied or fetched.

    Raises:
        RefusedError: lists and objects lie too deep in one another.
    """
    if depth > MOST_DEPTH:
        raise RefusedError(422, "too_deep", most=MOST_DEPTH)
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, int) and not _LEAST <= value <= _GREATEST:
        return float(value) if abs(value) < sys.float_info.max else math.inf if value > 0 else -math.inf
    if isinstance(value, list):
        return value if _is_row(value) else [clean(each, depth + 1) for each in value]
    if isinstance(value, dict):
        kept = (key for key in value if not (key == _MEANT_FOR_GRADIO and "path" in value))
        return {clean(key, depth + 1): clean(value[key], depth + 1) for key in kept}
    return value


def _is_row(values: list) -> bool:
    """Whether a list holds ordinary numbers alone, as the rows of a picture do: most of what is long."""
    kinds = set(map(type, values))
    return kinds <= {float} or (kinds == {int} and min(values) >= _LEAST and max(values) <= _GREATEST)
