"""Where the figures come from: the published ones, and the committed results of our own runs."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
#: In a wheel the results lie beside this file, in a checkout in benchmarks/.
FOLDERS = (HERE / "results", HERE.parents[1] / "benchmarks" / "results")


@cache
def published() -> dict[str, Any]:
    """Return the published figures by exhibit, with ``source``.

    >>> published()["table5"]["rows"]["local field"]
    ['45.6 ± 1.6']
    """
    document: dict[str, Any] = json.loads((HERE / "published.json").read_text(encoding="utf-8"))
    return document


def measured(name: str) -> dict[str, Any] | None:
    """Return the committed result ``name``.json, or None if nothing was measured.

    >>> measured("nothing of this name") is None
    True
    """
    for folder in FOLDERS:
        path = folder / f"{name}.json"
        if path.is_file():
            document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            return document
    return None
