"""A figure or table of the paper, with published and measured values in cells of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from pyg_energyloss.paper.verdict import Verdict, Word, joint

NOT_MEASURED = str(Word.NOT_MEASURED)


@dataclass(frozen=True)
class Trend:
    """One statement of the paper, and whether the measured values agree.

    Args:
        text: The statement.
        verdict: What a test, or a count, says of it.
        ours: It goes beyond the paper and does not count for the exhibit's verdict.
    """

    text: str
    verdict: Verdict
    ours: bool = False

    def __str__(self) -> str:
        return f"{self.verdict}{' (ours)' if self.ours else ''}: {self.text}"


@dataclass(frozen=True)
class Row:
    """One line: published cells and measured cells of the same columns, never mixed."""

    label: str
    published: tuple[str, ...]
    measured: tuple[str, ...]


@dataclass(frozen=True)
class Exhibit:
    """A figure or table, its budget there and here, and what its trends came to.

    Args:
        name: ``"figure2"``, ``"table5"``, ...
        title: What it shows.
        columns: Heads of the value columns, each of which appears twice.
        rows: The lines.
        published_setting: Data and budget of the published figures.
        measured_setting: Data, budget and seeds of ours; None if nothing was measured.
        trends: Statements of the paper.
        notes: What a reader has to know.
        command: What measures it again, in a shell.
        environment: Versions, machine and date of our figures.

    >>> from pyg_energyloss.paper.verdict import fact
    >>> row = Row("mse", ("1.0",), ("1.1",))
    >>> shown = Exhibit(
    ...     "table0", "toy", ("error",), (row,), "there", "here", (Trend("ok", fact(True)),)
    ... )
    >>> shown.verdict
    'holds'
    >>> print(shown.to_markdown().splitlines()[4])
    | | error, paper | error, here |
    """

    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    published_setting: str
    measured_setting: str | None
    trends: tuple[Trend, ...]
    notes: tuple[str, ...] = ()
    command: str = ""
    environment: dict[str, Any] = field(default_factory=dict)

    @property
    def verdict(self) -> str:
        """One word for the paper's trends, see `joint`."""
        return joint([t.verdict.word for t in self.trends if not t.ours])

    def heads(self) -> list[str]:
        """Column heads of the joint table: each quantity in the paper, then here."""
        return ["", *(f"{c}, {where}" for c in self.columns for where in ("paper", "here"))]

    def cells(self) -> list[list[str]]:
        """Lines of the joint table."""
        return [
            [
                row.label,
                *(c for pair in zip(row.published, row.measured, strict=True) for c in pair),
            ]
            for row in self.rows
        ]

    def to_markdown(self) -> str:
        """The exhibit as Markdown: settings, table, trends, notes."""
        number = self.name.replace("figure", "Figure ").replace("table", "Table ")
        here = self.measured_setting or NOT_MEASURED
        lines = [f"## {number}: {self.title} – {self.verdict}", ""]
        lines += [f"Paper: {self.published_setting}. Here: {here}.", ""]
        lines += _table(self.heads(), self.cells())
        lines += ["", *(f"- {trend}" for trend in self.trends)]
        if self.notes:
            lines += ["", "\n\n".join(self.notes)]
        if self.command:
            verb = "Would be measured" if self.measured_setting is None else "Measured again"
            lines += ["", f"{verb} by `{self.command}`."]
        return "\n".join(lines) + "\n"

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, with the verdict."""
        return asdict(self) | {"verdict": self.verdict}


def _table(heads: Sequence[str], cells: Sequence[Sequence[str]]) -> list[str]:
    lines = [f"| {' | '.join(heads)} |".replace("|  |", "| |")]
    lines.append("|" + " --- |" * len(heads))
    return lines + [f"| {' | '.join(line)} |" for line in cells]
