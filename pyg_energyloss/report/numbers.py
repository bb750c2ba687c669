"""Numbers as text, the same everywhere."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

#: Stands for what is not known.
MISSING = "–"
#: From here on a number is written as 2e5: nobody compares the digits of such errors.
LARGE = 1e5


def fixed(value: float | None, digits: int) -> str:
    """A number with so many digits behind the point.

    >>> fixed(0.12345, 3), fixed(None, 3), fixed(3e7, 1)
    ('0.123', '–', '3e7')
    """
    if value is None or not math.isfinite(value):
        return MISSING
    if abs(value) < LARGE:
        return f"{value:.{digits}f}"
    mantissa, exponent = f"{value:.0e}".split("e")
    return f"{mantissa}e{int(exponent)}"


def mean_sd(
    moments: Mapping[str, Any] | None, digits: int, *, spread: bool = True, factor: float = 1.0
) -> str:
    """Mean ± sample standard deviation of `Moments`, times a factor; the mean alone of one value.

    >>> mean_sd({"mean": 0.5, "sd": 0.02}, 2), mean_sd({"mean": 0.5, "sd": None}, 2)
    ('0.50 ± 0.02', '0.50')
    >>> mean_sd({"mean": 0.5, "sd": 0.02}, 0, factor=100)
    '50 ± 2'
    """
    if moments is None or moments["mean"] is None:
        return MISSING
    text, sd = fixed(factor * moments["mean"], digits), moments.get("sd")
    if not spread or sd is None or text == MISSING:
        return text
    return f"{text} ± {fixed(factor * sd, digits)}"


def cell(value: str | float | None) -> str:
    """A cell of a plain table: text as it is, numbers in short.

    >>> cell("gnn"), cell(0.0005), cell(130_246), cell(None)
    ('gnn', '0.0005', '130246', '–')
    """
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return MISSING
    return (
        value if isinstance(value, str) else str(value) if isinstance(value, int) else f"{value:g}"
    )
