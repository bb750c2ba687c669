"""What the scripts that write tables into pages of the documentation share."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pyg_energyloss.files import write_text

RESULTS = Path(__file__).with_name("results")


def read(name: str) -> dict[str, Any]:
    """A committed result."""
    found: dict[str, Any] = json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))
    return found


def table(heads: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    return "\n".join(
        "| " + " | ".join(line) + " |" for line in [heads, ["---"] * len(heads), *lines]
    )


def fill(page: Path, made: Mapping[str, Callable[[], str]]) -> None:
    """Replace what stands between ``<!-- NAME:begin -->`` and ``<!-- NAME:end -->``.

    Raises:
        ValueError: the page has no such place, or more than one.
    """
    text = page.read_text(encoding="utf-8")
    for name, make in made.items():
        begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
        block = f"{begin}\n\n{make()}\n\n{end}"
        text, count = re.subn(f"{begin}.*?{end}", lambda _, new=block: new, text, flags=re.DOTALL)
        if count != 1:
            raise ValueError(f"{page} must have one place for the table {name!r}, has {count}")
    write_text(page, text)
