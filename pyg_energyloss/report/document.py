"""The document of a study, `results.json`: what experiments write and the report renders.

Plain dictionaries of JSON's own types, so that a report can be made again anywhere. Numbers are in
the unit that their column or axis names (a share that is shown in % is stored in %). What is not
known is None (null), never NaN.
"""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

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
    """A part of the page; ``kind`` tells which class below ``data`` is (text has none)."""

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


class Series(TypedDict):
    """``values[i]`` are those of all seeds at ``x[i]``: drawn as their mean and their range."""

    label: str
    x: list[float]
    values: list[list[float]]


class CurvePanel(TypedDict):
    """One panel of curves."""

    title: str
    x: Axis
    y: Axis
    series: list[Series]


class Curves(TypedDict):
    """Kind "curves": panels in ``rows`` rows; a label has one colour in all sections.

    ``markers`` draws points with standard deviations joined by lines (error by noise level), not
    the bands of a training curve.
    """

    panels: list[CurvePanel]
    rows: int
    markers: bool


class Point(TypedDict):
    """A value of a category with its standard deviation, None for a single seed."""

    category: str
    mean: float
    sd: float | None


class PointSeries(TypedDict):
    """Points of one label; ``hollow`` ones are drawn as rings (a second figure of the same run)."""

    label: str
    hollow: bool
    points: list[Point]


class Line(TypedDict):
    """A value that stands for no category: a baseline, what real data score."""

    label: str
    value: float


class PointPanel(TypedDict):
    """One panel of dots or bars; ``axis`` is that of the values."""

    title: str
    axis: Axis
    categories: list[str]
    series: list[PointSeries]
    lines: list[Line]


class Points(TypedDict):
    """Kinds "dots" and "bars": panels side by side; ``horizontal`` puts categories on the left."""

    panels: list[PointPanel]
    horizontal: bool


class Histogram(TypedDict):
    """Density in each bin; the ``reference`` is filled and grey."""

    label: str
    density: list[float]
    reference: bool


class Histograms(TypedDict):
    """Kind "histograms": ``edges`` has one more number than each density."""

    x: Axis
    edges: list[float]
    series: list[Histogram]


class Structure(TypedDict):
    """Atoms and bonds; positions in Å.

    ``bonds`` are pairs of atoms, ``orders`` theirs. ``energy`` colours atoms (that of the springs
    at each), ``marked`` atoms get a ring (valence not filled), ``note`` is shown beside the name.
    ``cell`` are the lattice vectors of a crystal, drawn as a box from the origin.
    """

    name: str
    elements: list[str]
    pos: list[list[float]]
    bonds: list[list[int]]
    orders: NotRequired[list[int]]
    energy: NotRequired[list[float]]
    marked: NotRequired[list[bool]]
    note: NotRequired[str]
    cell: NotRequired[list[list[float]]]


class StructureSet(TypedDict):
    """Structures of one run; None where a prediction is not finite."""

    label: str
    structures: list[Structure | None]


class Structures(TypedDict):
    """Kind "structures": with ``references`` a viewer, true and predicted on top of each other.

    ``references[i]`` is the true structure of ``structures[i]`` of each set. Without references
    (generated molecules) a gallery, a row for each set.
    """

    references: list[Structure]
    sets: list[StructureSet]


class Picture(TypedDict):
    """Spins of one prediction, 1 or -1, and its energy."""

    label: str
    spins: list[int]
    energy: float


class System(TypedDict):
    """A spin system: couplings of ``bonds``, the ground state, and what was predicted."""

    coupling: list[float]
    target: list[int]
    energy: float
    pictures: list[Picture]


class Lattices(TypedDict):
    """Kind "lattices": a row for each system, a column for the target and for each picture.

    Site ``i`` is in row ``i // shape[1]``; bonds that wrap around are not drawn. Spins are red
    where they differ from the target; lines are unsatisfied bonds (J s s < 0).
    """

    shape: list[int]
    bonds: list[list[int]]
    systems: list[System]


class Figure(TypedDict):
    """Kind "figure": a picture that the experiment made itself; ``file`` is inside the study."""

    file: str
    alt: str
