"""Readers of option values, with errors that tell what was expected."""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from pyg_energyloss.cli.errors import UserError
from pyg_energyloss.experiments.spec import SEED_LIMIT


def comma_list(text: str) -> list[str]:
    """``"a,b"`` as ``["a", "b"]``; no name twice."""
    names = [part.strip() for part in text.split(",") if part.strip()]
    if not names:
        raise argparse.ArgumentTypeError(f"expected names separated by commas, got {text!r}")
    if twice := [name for name in names if names.count(name) > 1]:
        raise argparse.ArgumentTypeError(f"expected each name once, got {twice[0]!r} twice")
    return names


def positive(text: str) -> int:
    """A whole number of at least 1."""
    return int(_number(text, int, lambda value: value >= 1, "a whole number of at least 1"))


def seed(text: str) -> int:
    """A whole number that every random number generator takes."""
    fits = f"a whole number of at least 0 and below {SEED_LIMIT}"
    return int(_number(text, int, lambda value: 0 <= value < SEED_LIMIT, fits))


def not_negative(text: str) -> float:
    """A finite number of at least 0."""
    fits = "a number of at least 0"
    return float(_number(text, float, lambda value: math.isfinite(value) and value >= 0, fits))


def seeds(text: str) -> tuple[int, ...]:
    """``"3"`` as (0, 1, 2); ``"0,7"`` as (0, 7)."""
    try:
        values = tuple(int(part) for part in text.split(",") if part.strip())
    except ValueError:
        values = ()
    listed = "," in text
    bad = not values or len(set(values)) < len(values) or not 0 <= min(values) <= max(values)
    if bad or max(values) >= SEED_LIMIT or not (listed or values[0]):
        raise argparse.ArgumentTypeError(
            "expected how many seeds (3), or which (0,1,2), each once and below "
            f"{SEED_LIMIT}; got {text!r}"
        )
    return values if listed else tuple(range(values[0]))


def noise_levels(text: str) -> tuple[float, ...]:
    """Positive numbers separated by commas."""
    try:
        values = tuple(sorted(float(part) for part in text.split(",") if part.strip()))
    except ValueError:
        values = ()
    if not values or not all(math.isfinite(v) and v > 0 for v in values):
        raise argparse.ArgumentTypeError(f"expected noise levels in Å as 0.1,0.5; got {text!r}")
    if len(set(values)) < len(values):
        raise argparse.ArgumentTypeError(f"expected each noise level once, got {text!r}")
    return values


def folder(text: str) -> Path:
    """A path; an empty one is a mistake (of a variable in a script), not the current folder."""
    if not text.strip():
        raise argparse.ArgumentTypeError("expected a folder, got an empty name")
    return Path(text)


def key_values(arguments: Iterable[str], option: str = "") -> dict[str, Any]:
    """``["a=1", "b=x"]`` as {"a": 1, "b": "x"}; values are JSON where they can be, else text.

    Raises:
        UserError: an argument has no ``=``, or a key comes twice.
    """
    found: dict[str, Any] = {}
    for argument in arguments:
        key, equals, value = argument.partition("=")
        if not equals or not key:
            raise UserError(f"expected KEY=VALUE, got {argument!r}")
        if key in found:
            raise UserError(f"{option} {key} is given twice".strip())
        try:
            found[key] = json.loads(value)
        except ValueError:
            found[key] = value
    return found


def nested_options(
    arguments: Iterable[str], option: str, known: Iterable[str]
) -> dict[str, dict[str, Any]]:
    """``["gnn.channels=8"]`` as {"gnn": {"channels": 8}}.

    Args:
        arguments: What was given.
        option: Name of the command-line option, for the message.
        known: Names that may stand before the dot.

    Raises:
        UserError: an argument is not ``NAME.KEY=VALUE``, or nothing of that name is run.
    """
    known = list(known)
    nested: dict[str, dict[str, Any]] = {name: {} for name in known}
    for key, value in key_values(arguments, option).items():
        name, _, field = key.partition(".")
        if not field or name not in known:
            raise UserError(
                f"{option} must be NAME.KEY=VALUE with one of {', '.join(known)} as NAME, "
                f"got {key}={value}"
            )
        nested[name][field] = value
    return nested


def _number(text: str, kind: Callable[[str], Any], fits: Callable[[Any], bool], what: str) -> Any:
    try:
        value = kind(text)
    except ValueError:
        value = None
    if value is None or not fits(value):
        raise argparse.ArgumentTypeError(f"expected {what}, got {text!r}")
    return value
