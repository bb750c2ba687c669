"""Figures of the committed study of generators, for the tables that are about molecules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pyg_energyloss.paper.sources import measured
from pyg_energyloss.paper.values import cell

STUDY = "generate_study"
#: Column of the paper -> metric of the evaluators.
METRICS = {
    "mol. stable %": "molecule_stable",
    "atom stable %": "atom_stable",
    "valid %": "valid",
    "unique %": "unique",
}
COMMAND = "python benchmarks/generate_study.py --work runs/study"


def study_rows() -> dict[str, dict[str, Any]]:
    """Return the study's lines by label, with averaged weights; empty if it was not run."""
    document = measured(STUDY)
    if document is None:
        return {}
    return {
        row["label"]: row
        for rows in document["groups"].values()
        for row in rows
        if row["weights"] == "averaged"
    }


def study_setting() -> str | None:
    """Return data, budget and seeds of the study, or None."""
    document, rows = measured(STUDY), study_rows()
    if document is None or not rows:
        return None
    seeds = sorted({row["seeds"] for row in rows.values()})
    count = f"{seeds[0]}" if len(seeds) == 1 else f"{seeds[0]} to {seeds[-1]}"
    return f"{document['what']}, {count} seeds, CPU, averaged weights"


def study_environment() -> dict[str, Any]:
    """Return versions, machine and date of the study."""
    document = measured(STUDY)
    return {} if document is None else dict(document["environment"])


def metric(row: Mapping[str, Any] | None, name: str) -> Mapping[str, Any] | None:
    """Return mean, standard deviation and number of runs of a metric of a line, or None."""
    found = None if row is None else row["metrics"].get(name)
    return None if row is None or found is None else {**found, "n": row["seeds"]}


def study_cells(label: str, columns: Sequence[str]) -> tuple[str, ...]:
    """Return the cells of a line for columns of the paper."""
    row = study_rows().get(label)
    return tuple(cell(metric(row, METRICS[column]), factor=100) for column in columns)
