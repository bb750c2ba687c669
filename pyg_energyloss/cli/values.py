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


def number(kind: type[Any], *, least: float = 0, below: float = math.inf) -> Callable[[str], Any]:
    """A reader of whole numbers (``int``) or of any (``float``), in a range."""
    top = "" if below == math.inf else f" and below {below}"
    expected = f"a {'whole ' if kind is int else ''}number of at least {least}{top}"

    def read(text: str) -> Any:
        try:
            value = kind(text)
        except ValueError:
            value = math.nan
        if not least <= value < below:
            raise argparse.ArgumentTypeError(f"expected {expected}, got {text!r}")
        return value

    return read


def positive(text: str) -> int:
    """A whole number of at least 1."""
    return int(number(int, least=1)(text))


def numbers(
    text: str, kind: type[Any], expected: str, *, above: float, below: float = math.inf
) -> tuple[Any, ...]:
    """Different numbers between two others, separated by commas, in their order."""
    try:
        values = tuple(kind(part) for part in text.split(",") if part.strip())
    except ValueError:
        values = ()
    fit = all(above < value < below for value in values)
    if not (values and fit and len(set(values)) == len(values)):
        raise argparse.ArgumentTypeError(f"expected {expected}, each once; got {text!r}")
    return values


def seeds(text: str) -> tuple[int, ...]:
    """``"3"`` as (0, 1, 2); ``"0,7"`` as (0, 7)."""
    listed = "," in text
    expected = f"how many seeds (3), or which (0,1,2), below {SEED_LIMIT}"
    values = numbers(text, int, expected, above=-1 if listed else 0, below=SEED_LIMIT)
    return values if listed else tuple(range(values[0]))


def noise_levels(text: str) -> tuple[float, ...]:
    """Positive numbers separated by commas, the least first."""
    return tuple(sorted(numbers(text, float, "noise levels in Å as 0.1,0.5", above=0)))


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
