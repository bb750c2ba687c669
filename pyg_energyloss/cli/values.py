"""Readers of option values, with errors that tell what was expected."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from typing import Any

from pyg_energyloss.cli.errors import UserError


def comma_list(text: str) -> list[str]:
    """``"a,b"`` as ``["a", "b"]``."""
    names = [part.strip() for part in text.split(",") if part.strip()]
    if not names:
        raise argparse.ArgumentTypeError(f"expected names separated by commas, got {text!r}")
    return names


def positive(text: str) -> int:
    """A whole number of at least 1."""
    try:
        value = int(text)
    except ValueError:
        value = 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number of at least 1, got {text!r}")
    return value


def seeds(text: str) -> tuple[int, ...]:
    """``"3"`` as (0, 1, 2); ``"0,7"`` as (0, 7)."""
    try:
        values = tuple(int(part) for part in text.split(",") if part.strip())
    except ValueError:
        values = ()
    if not values or min(values) < 0 or ("," not in text and values[0] < 1):
        raise argparse.ArgumentTypeError(
            f"expected how many seeds (3), or which (0,1,2); got {text!r}"
        )
    return values if "," in text else tuple(range(values[0]))


def noise_levels(text: str) -> tuple[float, ...]:
    """Positive numbers separated by commas."""
    try:
        values = tuple(sorted(float(part) for part in text.split(",") if part.strip()))
    except ValueError:
        values = ()
    if not values or min(values) <= 0:
        raise argparse.ArgumentTypeError(f"expected noise levels in Å as 0.1,0.5; got {text!r}")
    return values


def key_values(arguments: Iterable[str]) -> dict[str, Any]:
    """``["a=1", "b=x"]`` as {"a": 1, "b": "x"}; values are JSON where they can be, else text.

    Raises:
        UserError: an argument has no ``=``.
    """
    found: dict[str, Any] = {}
    for argument in arguments:
        key, equals, value = argument.partition("=")
        if not equals or not key:
            raise UserError(f"expected KEY=VALUE, got {argument!r}")
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
    nested: dict[str, dict[str, Any]] = {}
    for key, value in key_values(arguments).items():
        name, _, field = key.partition(".")
        if not field or name not in known:
            raise UserError(
                f"{option} must be NAME.KEY=VALUE with one of {', '.join(known)} as NAME, "
                f"got {key}={value}"
            )
        nested.setdefault(name, {})[field] = value
    return nested
