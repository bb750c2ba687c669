"""Names of runs, by what determines them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any


def run_key(model: str, loss: str, seed: int, values: Mapping[str, Any]) -> str:
    """Return a short name, the same for equal values, that can be a folder.

    >>> run_key("gnn", "mse", 0, {"steps": 10})
    'gnn-mse-seed0-46eaf362'
    """
    digest = hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:8]
    return f"{model}-{loss}-seed{seed}-{digest}".replace(":", "_")
