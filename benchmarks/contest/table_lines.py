"""Tables of a page, line by line."""

from __future__ import annotations

from collections.abc import Sequence


def head_lines(cells: Sequence[str]) -> tuple[str, str]:
    """The head and the line below it."""
    return table_line(cells), table_line(["---"] * len(cells))


def table_line(cells: Sequence[str]) -> str:
    """A line of a table."""
    return f"| {' | '.join(cells)} |"
