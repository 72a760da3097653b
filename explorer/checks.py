"""Checks of single settings: each returns the value in its right type or raises InputError."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from explorer.errors import InputError, shorten


def check_number(name: str, value, minimum: float | None = None, maximum: float | None = None) -> float:
    """A finite number within bounds, as float.

    Args:
        name: key of the term that the reader knows it by, for example "terms.stride".
        value: what came in; None, booleans and text that is not a number are refused.
        minimum: least value allowed.
        maximum: greatest value allowed.

    Raises:
        InputError: it is not a number, not finite or out of bounds.
    """
    if value is None or value == "":
        raise InputError("errors.empty", name=name)
    try:
        number = float("nothing" if isinstance(value, bool) else value)
    except OverflowError:  # a whole number of hundreds of digits
        raise InputError("errors.not_finite", name=name, value=-math.inf if value < 0 else math.inf) from None
    except (TypeError, ValueError):
        raise InputError("errors.not_a_number", name=name, value=value) from None
    if not math.isfinite(number):
        raise InputError("errors.not_finite", name=name, value=value)
    if minimum is not None and number < minimum:
        raise InputError("errors.too_small", name=name, value=f"{number:g}", minimum=f"{minimum:g}")
    if maximum is not None and number > maximum:
        raise InputError("errors.too_large", name=name, value=f"{number:g}", maximum=f"{maximum:g}")
    return number


def check_whole(name: str, value, minimum: int | None = None, maximum: int | None = None) -> int:
    """A whole number within bounds, as int; raises as `check_number` does, and for fractions."""
    number = check_number(name, value, minimum, maximum)
    if number != int(number):
        raise InputError("errors.not_whole", name=name, value=f"{number:g}")
    return int(number)


def check_choice(name: str, value, choices: Sequence[str]) -> str:
    """One of the choices, or InputError."""
    if value not in choices:
        raise InputError("errors.not_a_choice", name=name, value=value, choices=list(choices))
    return value


def check_flag(name: str, value) -> bool:
    """True or False, or InputError: `bool("false")` would be true."""
    if not isinstance(value, bool):
        raise InputError("errors.not_a_choice", name=name, value=value, choices=["true", "false"])
    return value


def check_keys(given: Mapping, known: Sequence[str]) -> None:
    """Refuse a mapping with a key that nobody reads: one that is misspelt would else count as absent.

    Raises:
        InputError: naming the key and those that are known.
    """
    for key in given:
        if key not in known:
            raise InputError("errors.unknown_key", value=shorten(key), known=list(known))
