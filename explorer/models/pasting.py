"""What a reader may write about a layer: the settings of its class, which values they take, which can be changed."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

MAX_CHANNELS = 65_536
MAX_WINDOW = 1024  # kernel, stride, padding and dilation
MAX_FEATURES = 16_777_216


class _Required:
    """Marks a setting that a layer cannot do without."""


REQUIRED = _Required()


class WrongValueError(ValueError):
    """A value that a setting cannot have; `wanted` is the key of what it can."""

    def __init__(self, wanted: str, **values):
        super().__init__(wanted)
        self.wanted = wanted
        self.values = values


@dataclass(frozen=True)
class Setting:
    """One setting of a layer.

    Attributes:
        name: its name in PyTorch.
        check: returns the value in its one form, or raises WrongValueError.
        default: PyTorch's default, REQUIRED where there is none.
        only_by_name: whether its name must be written, since PyTorch has a setting before it that is not offered.
    """

    name: str
    check: Callable[[Any], object]
    default: object = REQUIRED
    only_by_name: bool = False


@dataclass(frozen=True)
class Pasting:
    """How a layer stands in a list that a reader pastes, and what can be changed in the table.

    Attributes:
        settings: its settings, in the order in which PyTorch takes them without names.
        editable: names of those that can be changed, the most interesting first, or NOT_EDITABLE.
        made_for: name of the setting that says how many channels or features it takes, or ANY_INPUT.
    """

    settings: tuple[Setting, ...]
    editable: tuple[str, ...]
    made_for: str | None


NOT_PASTED = None  # instead of a Pasting
NOT_EDITABLE: tuple[str, ...] = ()
ANY_INPUT = None


def whole_number(minimum: int, maximum: int) -> Callable[[Any], object]:
    """A check for a whole number within these limits."""

    def check(value):
        if not isinstance(value, int) or isinstance(value, bool) or not minimum <= value <= maximum:
            raise WrongValueError("wanted_whole", minimum=f"{minimum:,}", maximum=f"{maximum:,}")
        return value

    return check


def number_or_pair(minimum: int, maximum: int, *words: str) -> Callable[[Any], object]:
    """A whole number, or a pair (height, width) of them; equal pairs are written as one number."""
    whole = whole_number(minimum, maximum)

    def check(value):
        if value in words and isinstance(value, str):
            return value
        values = value if isinstance(value, tuple) else (value, value)
        try:
            height, width = map(whole, values)
        except ValueError:
            raise WrongValueError("wanted_pair", minimum=f"{minimum:,}", maximum=f"{maximum:,}") from None
        return height if height == width else (height, width)

    return check


def or_none(inner: Callable) -> Callable[[Any], object]:
    """A check that lets None through as well."""
    return lambda value: None if value is None else inner(value)


def flag(value):
    """A check for True or False."""
    if not isinstance(value, bool):
        raise WrongValueError("wanted_flag")
    return value


def real_number(minimum: float, maximum: float) -> Callable[[Any], object]:
    """A check for a finite number within these limits; it returns a float."""

    def check(value):
        known = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not known or not math.isfinite(value) or not minimum <= value <= maximum:
            raise WrongValueError("wanted_real", minimum=f"{minimum:g}", maximum=f"{maximum:g}")
        return float(value)

    return check


def real_or_pair(minimum: float, maximum: float) -> Callable[[Any], object]:
    """A finite number within these limits, or a pair (height, width) of them; equal pairs are written as one number."""
    real = real_number(minimum, maximum)

    def check(value):
        if not isinstance(value, tuple) or len(value) != 2:
            return real(value)
        height, width = map(real, value)
        return height if height == width else (height, width)

    return check


def sizes(most: int, maximum: int) -> Callable[[Any], object]:
    """A check for a whole number from 1, or a tuple of at most so many; it returns a tuple."""
    whole = whole_number(1, maximum)

    def check(value):
        values = value if isinstance(value, tuple) else (value,)
        if not 1 <= len(values) <= most:
            raise WrongValueError("wanted_sizes", maximum=f"{maximum:,}", most=most)
        try:
            return tuple(map(whole, values))
        except ValueError:
            raise WrongValueError("wanted_sizes", maximum=f"{maximum:,}", most=most) from None

    return check


def one_of(*words: str) -> Callable[[Any], object]:
    """A check for one of these words."""

    def check(value):
        if value not in words or not isinstance(value, str):
            raise WrongValueError("wanted_word", words=list(words))
        return value

    return check
