"""Tables on the terminal: rich if it is installed, aligned text otherwise."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TextIO


def print_table(
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    best: Sequence[Sequence[bool]] | None = None,
    file: TextIO | None = None,
) -> None:
    """Print a table; cells marked in ``best`` (same shape as ``rows``) stand out.

    Args:
        title: Line above the table.
        columns: Column heads; the first column is text, the others are numbers.
        rows: Cells, already formatted.
        best: Which cells to emphasise.
        file: Where to print; standard output if None.
    """
    marks = best or [[False] * len(row) for row in rows]
    try:
        from rich.console import Console
        from rich.table import Table
    except ImportError:
        _print_plain(title, columns, rows, marks, file or sys.stdout)
        return
    table = Table(title=title, title_justify="left", header_style="bold")
    for index, column in enumerate(columns):
        table.add_column(column, justify="right" if index else "left", no_wrap=True)
    for row, mark in zip(rows, marks, strict=True):
        table.add_row(*(f"[bold green]{c}[/]" if m else c for c, m in zip(row, mark, strict=True)))
    console = Console(file=file)
    # A pipe or a log has no width of its own: never cut a number there.
    Console(file=file, width=None if console.is_terminal else 200).print(table)


def _print_plain(
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    marks: Sequence[Sequence[bool]],
    file: TextIO,
) -> None:
    cells = [
        [f"{cell}*" if mark else cell for cell, mark in zip(row, marked, strict=True)]
        for row, marked in zip(rows, marks, strict=True)
    ]
    widths = [max(len(row[i]) for row in [list(columns), *cells]) for i in range(len(columns))]
    print(title, file=file)
    for row in [list(columns), *cells]:
        padded = [
            cell.rjust(w) if i else cell.ljust(w)
            for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        ]
        print("  ".join(padded).rstrip(), file=file)
