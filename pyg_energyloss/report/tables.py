"""The tables of a document: heads, cells, and which cells are the best."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

from pyg_energyloss.report.document import Column, Document, Row
from pyg_energyloss.report.numbers import mean_sd


@dataclass(frozen=True)
class Sheet:
    """A table, ready to be written.

    Attributes:
        title: What its rows have in common; may be empty.
        heads: Head and unit of each column.
        cells: Text of each row.
        best: The best of their columns, the same shape as ``cells``.
        texts: So many columns, from the left, are text; the others are numbers.
        below: So many rows, from the bottom, are baselines.
    """

    title: str
    heads: list[tuple[str, str]]
    cells: list[list[str]]
    best: list[list[bool]]
    texts: int
    below: int = 0

    @classmethod
    def plain(
        cls,
        columns: Sequence[str],
        rows: Sequence[Sequence[str]],
        *,
        best: Sequence[Sequence[bool]] | None = None,
        texts: int = 1,
    ) -> Self:
        """A table without units and baselines; nothing is the best unless it is told."""
        marks = [list(map(bool, row)) for row in best or [[False] * len(row) for row in rows]]
        return cls("", [(name, "") for name in columns], [[*row] for row in rows], marks, texts)


def sheets(document: Document, *, terminal: bool = False, spread: bool = True) -> Iterator[Sheet]:
    """The table of a document, one for each value of its ``group``.

    Args:
        document: Of a study.
        terminal: The few columns for the terminal, not all.
        spread: With standard deviations.
    """
    group, columns = document["group"], document["columns"]
    shown = [c for c in columns if c["terminal"] or not terminal]
    everything = [*document["rows"], *document["baselines"]]
    labels = {
        key: head
        for key, head in document["labels"].items()
        if key != group and _told(everything, key, same=terminal)
    }
    values = list(dict.fromkeys(row["labels"].get(group or "", "") for row in document["rows"]))
    for value in values:
        rows, below = (
            [r for r in document[part] if not group or r["labels"].get(group, value) == value]
            for part in ("rows", "baselines")
        )
        heads = [(head, "") for head in labels.values()] + [(c["label"], c["unit"]) for c in shown]
        cells = [
            [row["labels"].get(key, "") for key in labels]
            + [mean_sd(row["values"].get(c["key"]), c["digits"], spread=spread) for c in shown]
            for row in (*rows, *below)
        ]
        marks = [_best(rows, len(below), c) for c in shown]
        best = [[False] * len(labels) + [column[i] for column in marks] for i in range(len(cells))]
        title = f"{document['labels'].get(group, group)}: {value}" if group and value else ""
        yield Sheet(title, heads, cells, best, len(labels), len(below))


def _told(rows: Sequence[Row], key: str, *, same: bool) -> bool:
    """Whether a label tells rows something; with ``same``, whether it tells them apart."""
    values = {row["labels"].get(key, "") for row in rows}
    return len(values) > 1 or (bool(values - {""}) and not (same and len(rows) > 1))


def _best(rows: Sequence[Row], below: int, column: Column) -> list[bool]:
    """Which rows have the best mean, as it is written; nothing is marked where all are equal."""
    found = [row["values"].get(column["key"]) for row in rows]
    means = [None if moments is None else moments["mean"] for moments in found]
    known = [m for m in means if m is not None]
    if column["better"] is None or len({round(m, column["digits"]) for m in known}) < 2:  # noqa: PLR2004
        return [False] * (len(rows) + below)
    top = round((min if column["better"] == "low" else max)(known), column["digits"])
    marks = [m is not None and round(m, column["digits"]) == top for m in means]
    return marks + [False] * below
