"""Registered data sets of structures, read once in each process."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from pyg_energyloss import registry
from pyg_energyloss.data.pyg import as_splits


def load_splits(name: str, options: dict[str, Any]) -> dict[str, Any]:
    """Create a registered data set, or return the one that was just created, with its splits.

    Raises:
        ValueError: there is no such data, or not what can be trained on.
    """
    return _read(name, json.dumps(options, sort_keys=True))


@lru_cache(maxsize=1)
def _read(name: str, options: str) -> dict[str, Any]:
    given = json.loads(options)
    try:
        made = registry.create("dataset", name, **given)
    except TypeError as error:
        raise ValueError(f"the dataset {name!r} cannot be made with {given}: {error}") from error
    return dict(as_splits(made, name=name))
