"""Axes of figures: powers of ten in small raised digits, which are text like all the rest."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from matplotlib.axes import Axes

RAISED = str.maketrans("-−0123456789", "⁻⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_IN_FULL = (1e-3, 1e5)  # numbers between these are written out


def set_log(axes: Axes, name: Literal["x", "y"]) -> None:
    """Make an axis logarithmic."""
    from matplotlib.ticker import FuncFormatter, NullFormatter

    (axes.set_xscale if name == "x" else axes.set_yscale)("log")
    axis = axes.xaxis if name == "x" else axes.yaxis
    axis.set_major_formatter(FuncFormatter(lambda value, _: write_power(value)))
    axis.set_minor_formatter(NullFormatter())


def write_power(value: float) -> str:
    """A number of a logarithmic axis.

    >>> write_power(1e-7), write_power(3e6), write_power(100)
    ('10⁻⁷', '3×10⁶', '100')
    """
    if value <= 0 or _IN_FULL[0] <= value < _IN_FULL[1]:
        return f"{value:,g}"
    exponent = math.floor(math.log10(value) + 1e-9)
    digits = f"{value / 10.0**exponent:.3g}"
    power = "10" + str(exponent).translate(RAISED)
    return power if digits == "1" else f"{digits}×{power}"


def no_places() -> Any:
    """No small ticks."""
    from matplotlib.ticker import NullLocator

    return NullLocator()
