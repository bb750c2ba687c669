"""Sections, panels and series of plots from results and rows, as plain data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from pyg_energyloss.data.elements import SYMBOLS
from pyg_energyloss.experiments.spec import TrainingSpec
from pyg_energyloss.report.document import Kind, Row, Section
from pyg_energyloss.report.kinds.curves import CurvePanel, Series
from pyg_energyloss.report.kinds.points import Line, PointPanel, PointSeries
from pyg_energyloss.report.kinds.structures import Structure, StructureSet

Results = Sequence[Mapping[str, Any]]


def section(kind: Kind, title: str, text: str, **data: Any) -> Section:
    """A `Section`; ``data`` is what its kind holds."""
    return {"kind": kind, "title": title, "text": text, "data": data}


def in_order(results: Results, *names: str) -> list[Any]:
    """The different values of fields of the specs, in order of appearance; tuples of several.

    >>> runs = [{"spec": {"model": "b", "seed": 0}}, {"spec": {"model": "a", "seed": 0}}]
    >>> in_order(runs, "model"), in_order(runs, "model", "seed")
    (['b', 'a'], [('b', 0), ('a', 0)])
    """
    found = dict.fromkeys(tuple(r["spec"][name] for name in names) for r in results)
    return [values if len(names) > 1 else values[0] for values in found]


def where(results: Results, **wanted: Any) -> list[Mapping[str, Any]]:
    """The results whose specs have these values."""
    return [r for r in results if all(r["spec"][k] == value for k, value in wanted.items())]


def curve_series(label: str, results: Results, metric: str) -> Series:
    """One metric of the training curves of runs that differ in the seed.

    >>> run = {"history": [{"step": 0, "loss": 2.0}, {"step": 5, "loss": 1.0}]}
    >>> curve_series("a", [run, run], "loss")
    {'label': 'a', 'x': [0, 5], 'values': [[2.0, 2.0], [1.0, 1.0]]}
    """
    at: dict[float, list[float]] = {}
    for result in results:
        for row in result["history"]:
            if row.get(metric) is not None:
                at.setdefault(row["step"], []).append(row[metric])
    steps = sorted(at)
    return {"label": label, "x": steps, "values": [at[step] for step in steps]}


def curve_panel(
    title: str, label: str, metric: str, groups: Mapping[str, Results], *, log: bool = False
) -> CurvePanel:
    """A metric during training, a curve for each group of runs."""
    return {
        "title": title,
        "x": {"label": "optimiser step", "log": False},
        "y": {"label": label, "log": log},
        "series": [curve_series(name, runs, metric) for name, runs in groups.items()],
    }


def training_curves(results: Results, *, metric: str, label: str, log: bool, text: str) -> Section:
    """A metric during training, a panel for each model and a curve for each loss."""
    losses = in_order(results, "loss")
    panels = [
        curve_panel(
            model,
            label,
            metric,
            {loss: where(results, model=model, loss=loss) for loss in losses},
            log=log,
        )
        for model in in_order(results, "model")
    ]
    return section("curves", "Training", text, panels=panels, rows=1, markers=False)


def errors_by_model(
    results: Results, rows: Sequence[Row], metrics: Sequence[tuple[str, str]], title: str
) -> Section:
    """Dots for each model and loss: a panel for each metric (and its head) that is known."""
    panels = []
    for metric, head in metrics:
        series = [
            points_of(rows, metric, loss, category="model", wanted={"loss": loss})
            for loss in in_order(results, "loss")
        ]
        if any(s["points"] for s in series):
            panels.append(point_panel(head, series, in_order(results, "model"), log=True))
    text = "By model and loss, logarithmic, lower is better; bars: standard deviation."
    return section("dots", title, text, panels=panels, horizontal=False)


def predictions(
    results: Results,
    spec_type: type[TrainingSpec],
    drawn: Callable[[str], Iterable[tuple[Structure, Structure | None]]],
    title: str,
    text: str,
) -> Section:
    """True structures and, on top of them, what each model with each loss makes of them.

    ``drawn`` reads both from the folder of a run, which it is given the key of.
    """
    references: list[Structure] = []
    sets: list[StructureSet] = []
    for model, loss in in_order(results, "model", "loss"):
        spec = spec_type.from_dict(where(results, model=model, loss=loss)[0]["spec"])
        pairs = list(drawn(spec.key))
        references = references or [true for true, _ in pairs]
        sets.append({"label": spec.label, "structures": [predicted for _, predicted in pairs]})
    return section("structures", title, text, references=references, sets=sets)


def structure(name: str, z: Iterable[Any], pos: NDArray[Any], bonds: NDArray[Any]) -> Structure:
    """Atoms by their numbers, positions in Å, and pairs of bonded atoms, as plain data."""
    return {
        "name": name,
        "elements": [SYMBOLS[int(number)] for number in z],
        "pos": pos.round(3).tolist(),
        "bonds": bonds.tolist(),
    }


def lines_of(rows: Sequence[Row], metric: str, name: str) -> list[Line]:
    """A metric of baselines: a line for each that has it, called by one of its labels.

    Args:
        rows: The baselines.
        metric: Key of a column.
        name: What a line is called, with ``{label}`` for labels of the row.
    """
    return [
        {"label": name.format(**row["labels"]), "value": moments["mean"]}
        for row in rows
        if (moments := row["values"].get(metric)) and moments["mean"] is not None
    ]


def points_of(
    rows: Sequence[Row],
    metric: str,
    label: str,
    *,
    category: str,
    wanted: Mapping[str, str] | None = None,
    hollow: bool = False,
) -> PointSeries:
    """A metric of the rows that have all the wanted labels, a point for each category."""
    chosen = [row for row in rows if (wanted or {}).items() <= row["labels"].items()]
    found = [(row["labels"][category], row["values"].get(metric)) for row in chosen]
    return {
        "label": label,
        "hollow": hollow,
        "points": [
            {"category": name, "mean": m["mean"], "sd": m["sd"]}
            for name, m in found
            if m is not None and m["mean"] is not None
        ],
    }


def point_panel(
    title: str,
    series: list[PointSeries],
    categories: Sequence[str],
    *,
    axis: str = "",
    log: bool = False,
    lines: Sequence[Line] = (),
) -> PointPanel:
    """Series of points by category; the title is the label of the axis unless another is given."""
    return {
        "title": title,
        "axis": {"label": axis or title, "log": log},
        "categories": list(categories),
        "series": series,
        "lines": list(lines),
    }
