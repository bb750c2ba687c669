"""What to swap in a host, from an environment variable, a file or pyproject.toml.

::

    PYG_ENERGYLOSS_SWAP="loss_fn=pair_energy"
    PYG_ENERGYLOSS_SWAP="model.criterion=pair_energy?parametrization=epsilon&stiffness=inverse"
    PYG_ENERGYLOSS_SWAP="package.module:function=pair_energy"       # by import path
    PYG_ENERGYLOSS_SWAP="@etflow=pair_energy"                       # a known host
    PYG_ENERGYLOSS_HOST_CONFIG=energyloss.toml

    [tool.pyg_energyloss.host.swap]            # pyproject.toml; in a file of its own just [swap]
    loss_fn = { loss = "pair_energy", options = { stiffness = "exponential" } }
    [tool.pyg_energyloss.host.fields]
    batch = "_idx_m"
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

SWAP = "PYG_ENERGYLOSS_SWAP"
CONFIG = "PYG_ENERGYLOSS_HOST_CONFIG"

#: Arguments of `FlatLoss`; what else is written goes to the loss.
FLAT_OPTIONS = (
    "check", "keep", "nodes", "parametrization", "reduction", "scale", "target", "weight",
    "weighting",
)  # fmt: skip
KEYS = ("loss", "options", *FLAT_OPTIONS)


@dataclass(frozen=True)
class HostSettings:
    """What to swap (dotted name -> arguments of `FlatLoss`), where fields are, who said so."""

    swap: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    fields: Mapping[str, str | float] = field(default_factory=dict)
    origin: str = "arguments"


def read_settings(start: Path | None = None) -> HostSettings | None:
    """Return the settings that are switched on, or None; cheap when there are none.

    The environment variable wins over the file that a variable names, which wins over the first
    pyproject.toml in this directory or above. An empty ``PYG_ENERGYLOSS_SWAP`` switches all off.

    Args:
        start: where to look for pyproject.toml; the working directory if not given.

    Raises:
        ValueError: a setting is not understood; the message names where it was found.
        OSError: the file that the variable names cannot be read.
    """
    text = os.environ.get(SWAP)
    if text is not None and not text.strip():
        return None
    path = os.environ.get(CONFIG)
    if path:
        found: HostSettings | None = _settings(_read_file(Path(path)), path)
    else:
        found = _from_pyproject(Path.cwd() if start is None else start)
    if text is None:
        return found
    return HostSettings(parse_swaps(text), found.fields if found else {}, SWAP)


def parse_swaps(text: str) -> dict[str, dict[str, Any]]:
    """Return the swaps of a line such as ``"loss_fn=pair_energy?weight=2;criterion=kabsch"``.

    Raises:
        ValueError: a part has no ``=``, or an option no value.

    >>> parse_swaps("loss_fn=pair_energy?weight=2&stiffness=inverse")
    {'loss_fn': {'loss': 'pair_energy', 'weight': 2, 'options': {'stiffness': 'inverse'}}}
    """
    swaps: dict[str, dict[str, Any]] = {}
    for part in filter(None, (piece.strip() for piece in text.split(";"))):
        target, equals, rest = part.partition("=")
        name, _, query = rest.partition("?")
        if not (equals and target.strip() and name.strip()):
            raise ValueError(
                f"{SWAP} must be 'attribute=loss' or 'attribute=loss?option=value&...', several "
                f"separated by ';'; got {part!r}"
            )
        try:
            pairs = parse_qsl(query, strict_parsing=bool(query), keep_blank_values=True)
        except ValueError as error:
            raise ValueError(f"{SWAP} has options {query!r}: {error}") from error
        swap: dict[str, Any] = {"loss": name.strip()}
        options: dict[str, Any] = {}
        for key, value in pairs:
            (swap if key in FLAT_OPTIONS else options)[key] = _value(value)
        swaps[target.strip()] = swap | ({"options": options} if options else {})
    return swaps


def _value(text: str) -> Any:
    """Numbers, true, false and null as in JSON; everything else is a string."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _read_file(path: Path) -> Any:
    raw = path.read_bytes().decode()
    try:
        found = json.loads(raw) if path.suffix == ".json" else tomllib.loads(raw)
    except ValueError as error:
        raise ValueError(f"{path} is not valid {path.suffix or 'TOML'}: {error}") from error
    return _section(found) if path.suffix != ".json" and "tool" in found else found


def _section(document: Mapping[str, Any]) -> Any:
    found: Any = document
    for key in ("tool", "pyg_energyloss", "host"):
        found = found.get(key, {}) if isinstance(found, Mapping) else {}
    return found


def _from_pyproject(start: Path) -> HostSettings | None:
    for folder in (start, *start.parents):
        path = folder / "pyproject.toml"
        if path.is_file():
            try:
                section = _section(tomllib.loads(path.read_text()))
            except (OSError, ValueError):  # somebody else's file: not ours to complain about
                return None
            return _settings(section, str(path)) if section else None
    return None


def _settings(section: Any, origin: str) -> HostSettings:
    if not isinstance(section, Mapping):
        raise ValueError(f"{origin} must have tables `swap` and `fields`, got {section!r}")  # noqa: TRY004 - a setting
    if unknown := sorted(set(section) - {"swap", "fields"}):
        raise ValueError(f"{origin} has {', '.join(unknown)}; expected `swap` and `fields`")
    fields = section.get("fields", {})
    if not isinstance(fields, Mapping):
        raise ValueError(f"{origin}: `fields` must be a table of paths, got {fields!r}")  # noqa: TRY004 - a setting
    return HostSettings(check_swaps(section.get("swap", {}), origin), dict(fields), origin)


def check_swaps(swap: Any, origin: str) -> dict[str, dict[str, Any]]:
    """Return swaps as arguments of `FlatLoss`; a text is a loss with its default options.

    Raises:
        ValueError: a swap is neither a text nor a table with ``loss``; ``origin`` is named.

    >>> check_swaps({"loss_fn": "mse"}, "here")
    {'loss_fn': {'loss': 'mse'}}
    """
    if not isinstance(swap, Mapping):
        raise ValueError(f"{origin}: `swap` must be a table attribute -> loss, got {swap!r}")  # noqa: TRY004 - a setting
    swaps = {}
    for target, given in swap.items():
        if not (isinstance(given, str) or hasattr(given, "keys")):
            raise ValueError(
                f"{origin}: swap.{target} must be the name of a loss, or a table with "
                f"{', '.join(KEYS)}, got {given!r}"
            )
        found = {"loss": given} if isinstance(given, str) else dict(given)
        if wrong := sorted(set(found) - set(KEYS)):
            raise ValueError(
                f"{origin}: swap.{target} has {', '.join(wrong)}; expected {', '.join(KEYS)}"
            )
        options = found.get("options")
        if not (options is None or hasattr(options, "keys")):
            raise ValueError(
                f"{origin}: swap.{target}.options must be a table, such as "
                f'{{ stiffness = "inverse" }}, got {options!r}'
            )
        swaps[str(target)] = found
    return swaps
