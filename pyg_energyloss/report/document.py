"""The document of a study, `results.json`: what experiments write and the report renders.

Plain dictionaries of JSON's own types, so that a report can be made again anywhere. Numbers are in
the unit that their column or axis names (a share that is shown in % is stored in %). What is not
known is None (null), never NaN.
"""

from __future__ import annotations

from typing import Any, Literal, TypedDict

Kind = Literal[
    "text", "table", "curves", "dots", "bars", "histograms", "structures", "lattices", "figure"
]


class Column(TypedDict):
    """A figure of merit as the tables show it.

    ``better`` tells which end is the best, None if none is; the best mean is marked. ``terminal``:
    it belongs to the few columns of the table on the terminal. ``help``: one sentence.
    """

    key: str
    label: str
    unit: str
    better: Literal["low", "high"] | None
    digits: int
    terminal: bool
    help: str


class Moments(TypedDict):
    """Mean and sample standard deviation (None below two values) over the seeds that have it."""

    mean: float | None
    sd: float | None
    n: int
    values: list[float | None]


class Row(TypedDict):
    """Runs that differ in the seed alone: ``labels`` say which, ``failed`` which seeds failed."""

    labels: dict[str, str]
    values: dict[str, Moments | None]
    failed: list[str]


class Section(TypedDict):
    """A part of the page; ``data`` is as its kind says, below or beside what draws it in `kinds`.

    Kind "text" has no data.
    """

    kind: Kind
    title: str
    text: str
    data: Any


class Document(TypedDict):
    """A study.

    ``labels`` are the heads of the label columns, in order (a key of each row's ``labels`` to its
    head). With ``group``, one of them, the table is printed once for each of its values.
    ``baselines`` are rows that are shown below the others, neither ranked nor marked.
    ``note`` stands under the table, ``text`` under the title; ``summary`` is one sentence.
    ``failed`` maps a run that failed to one line, with the file that has its traceback.
    ``runs`` are the result.json of each finished run, in the order of the study.
    """

    experiment: str
    title: str
    text: str
    summary: str
    command: str
    settings: dict[str, Any]
    labels: dict[str, str]
    group: str | None
    columns: list[Column]
    rows: list[Row]
    baselines: list[Row]
    note: str
    sections: list[Section]
    failed: dict[str, str]
    environment: dict[str, Any]
    runs: list[dict[str, Any]]


class Table(TypedDict):
    """Kind "table": cells are text or numbers, shown as they are (numbers with ``:g``)."""

    columns: list[str]
    rows: list[list[str | float | None]]


class Axis(TypedDict):
    """Label with unit, and whether it is logarithmic."""

    label: str
    log: bool


class Figure(TypedDict):
    """Kind "figure": a picture that the experiment made itself; ``file`` is inside the study."""

    file: str
    alt: str
