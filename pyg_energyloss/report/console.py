"""Tables on the terminal: they fit its width, also where it is narrow or knows ASCII only."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from collections.abc import Sequence
from typing import TextIO

from pyg_energyloss.report.document import Document
from pyg_energyloss.report.tables import Sheet, sheets

#: What stands for a character that the terminal cannot show.
ASCII = {"±": "+-", "Å": "A", "–": "-", "×": "x", "²": "^2", "≤": "<=", "…": "...", "°": " deg"}
GAP = 2


def print_document(document: Document, *, file: TextIO | None = None) -> None:
    """Print the table of a document and its summary.

    Where the table is wider than the terminal (80 columns where there is none), standard
    deviations are left out first, then columns from the right; a line tells what is missing.
    """
    stream = file or sys.stdout
    width = shutil.get_terminal_size((80, 24)).columns
    _write(document["title"], stream, bold=True)
    lost: dict[str, None] = {}
    spread = all(_width(s) <= width for s in sheets(document, terminal=True))
    had = any(m and m["sd"] is not None for r in document["rows"] for m in r["values"].values())
    for sheet in sheets(document, terminal=True, spread=spread):
        kept = sheet
        while _width(kept) > width and len(kept.heads) > kept.texts + 1:
            kept = _narrowed(kept)
        lost |= dict.fromkeys(head for head, _ in sheet.heads[len(kept.heads) :])
        _print(kept, stream)
    lost |= {c["label"]: None for c in document["columns"] if not c["terminal"]}
    told = document["summary"]
    missing = (["standard deviations"] if had and not spread else []) + list(lost)
    if missing:
        told += f" In the report: {'; '.join(missing)}."
    for line in textwrap.wrap(told, width):
        _write(line, stream)


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
    stream = file or sys.stdout
    for line in textwrap.wrap(title, shutil.get_terminal_size((80, 24)).columns):
        _write(line, stream, bold=True)
    _print(Sheet.plain(columns, rows, best=best), stream)


def _print(sheet: Sheet, stream: TextIO) -> None:
    widths = _widths(sheet)
    if sheet.title:
        _write(sheet.title, stream)
    heads = [
        [*textwrap.wrap(head, width), *([unit] if unit else [])]
        for (head, unit), width in zip(sheet.heads, widths, strict=True)
    ]
    for number in range(max(map(len, heads))):
        line = [lines[number] if number < len(lines) else "" for lines in heads]
        _write(_line(line, widths, sheet.texts), stream, bold=True)
    _write("-" * _width(sheet), stream)
    for index, (row, marks) in enumerate(zip(sheet.cells, sheet.best, strict=True)):
        if sheet.below and index == len(sheet.cells) - sheet.below:
            _write("-" * _width(sheet), stream)
        _write(_line(row, widths, sheet.texts, marks, colour=_colours(stream)), stream)


def _line(
    cells: Sequence[str],
    widths: Sequence[int],
    texts: int,
    marks: Sequence[bool] = (),
    *,
    colour: bool = False,
) -> str:
    marks = marks or [False] * len(cells)
    parts = []
    for index, (cell, width, mark) in enumerate(zip(cells, widths, marks, strict=True)):
        # A star tells the best to readers of logs, who see no colours.
        text = cell.ljust(width) if index < texts else (cell + "* "[not mark]).rjust(width)
        parts.append(f"\033[1;32m{text}\033[0m" if mark and colour else text)
    return (" " * GAP).join(parts).rstrip()


def _widths(sheet: Sheet) -> list[int]:
    columns = zip(*sheet.cells, strict=True) if sheet.cells else [()] * len(sheet.heads)
    return [
        max([len(unit), *map(len, head.split()), *map(len, column)]) + (index >= sheet.texts)
        for index, ((head, unit), column) in enumerate(zip(sheet.heads, columns, strict=True))
    ]


def _width(sheet: Sheet) -> int:
    widths = _widths(sheet)
    return sum(widths) + GAP * (len(widths) - 1)


def _narrowed(sheet: Sheet) -> Sheet:
    """Without the last column."""
    cells = [row[:-1] for row in sheet.cells]
    best = [row[:-1] for row in sheet.best]
    return Sheet(sheet.title, sheet.heads[:-1], cells, best, sheet.texts, sheet.below)


def _colours(stream: TextIO) -> bool:
    return stream.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


def _write(text: str, stream: TextIO, *, bold: bool = False) -> None:
    try:
        text.encode(getattr(stream, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        text = "".join(ASCII.get(c, c) for c in text).encode("ascii", "replace").decode()
    print(f"\033[1m{text}\033[0m" if bold and _colours(stream) else text, file=stream)
