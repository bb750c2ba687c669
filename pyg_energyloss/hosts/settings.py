"""What to swap in a host, from an environment variable, a file or pyproject.toml.

::

    PYG_ENERGYLOSS_SWAP="loss_fn=pair_energy"
    PYG_ENERGYLOSS_SWAP="model.criterion=pair_energy?parametrization=epsilon&stiffness=inverse"
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
FLAT_OPTIONS = ("parametrization", "reduction", "weight", "weighting")
KEYS = ("loss", "options", *FLAT_OPTIONS)


@dataclass(frozen=True)
class HostSettings:
    """What to swap (dotted name -> arguments of `FlatLoss`), where fields are, who said so."""

    swap: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
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


def _read_file(path: Path) -> dict[str, Any]:
    raw = path.read_bytes().decode()
    try:
        found = json.loads(raw) if path.suffix == ".json" else tomllib.loads(raw)
    except ValueError as error:
        raise ValueError(f"{path} is not valid {path.suffix or 'TOML'}: {error}") from error
    return found if path.suffix == ".json" or "tool" not in found else _section(found)


def _section(document: Mapping[str, Any]) -> dict[str, Any]:
    found: Any = document
    for key in ("tool", "pyg_energyloss", "host"):
        found = found.get(key, {}) if isinstance(found, Mapping) else {}
    return dict(found)


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


def _settings(section: Mapping[str, Any], origin: str) -> HostSettings:
    unknown = sorted(set(section) - {"swap", "fields"})
    if unknown:
        raise ValueError(f"{origin} has {', '.join(unknown)}; expected `swap` and `fields`")
    swaps = {}
    for target, given in section.get("swap", {}).items():
        swap = {"loss": given} if isinstance(given, str) else dict(given)
        if wrong := sorted(set(swap) - set(KEYS)):
            raise ValueError(
                f"{origin}: swap.{target} has {', '.join(wrong)}; expected {', '.join(KEYS)}"
            )
        swaps[target] = swap
    return HostSettings(swaps, dict(section.get("fields", {})), origin)
