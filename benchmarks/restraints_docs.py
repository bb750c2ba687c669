"""Write the tables of docs/restraints.md from the results in ``benchmarks/results``.

python benchmarks/restraints_docs.py
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pages import fill, read, table

from pyg_energyloss.experiments.summary import moments
from pyg_energyloss.report.numbers import mean_sd

PAGE = Path(__file__).parents[1] / "docs" / "restraints.md"
#: check, head
CHECKS = {
    "pb_valid": "pass all PoseBusters checks",
    "pb_bond_lengths": "bond lengths",
    "pb_no_clash": "no clash",
    "pb_flat_double_bonds": "flat double bonds",
    "pb_energy": "energy",
    "rdkit_valid": "RDKit reads",
    "rdkit_unique": "distinct among these",
}
COLUMNS = {
    "right_centres": "right centres, %",
    "bond_mae": "bonds, Å",
    "relaxed_right_centres": "right after `relax`, %",
    "relaxed_bond_mae": "bonds after `relax`, Å",
}
NAMES = {
    ("plain", False): "as they are",
    ("plain", True): "after `relax`",
    ("guided", False): "guided while sampled",
    ("guided", True): "guided, then after `relax`",
}


def percent(value: float) -> str:
    """A share as it is shown."""
    return f"{100 * value:.1f} %"


def training() -> str:
    """Mean ± s.d. over seeds of each loss: test molecules, and validation molecules in brackets."""
    rows = read("restraints_training")["rows"]
    heads = ("loss", "steps", "seeds", *COLUMNS.values())
    lines = []
    for loss, steps in sorted({(row["loss"], row["steps"]) for row in rows}):
        runs = [row for row in rows if (row["loss"], row["steps"]) == (loss, steps)]
        cells = [f"{spread(runs, 'test', key)} ({spread(runs, 'val', key)})" for key in COLUMNS]
        lines.append([loss, str(steps), str(len(runs)), *cells])
    return table(heads, lines)


def spread(runs: Sequence[Mapping[str, Any]], part: str, key: str) -> str:
    """A share in %, or a length in Å."""
    scale, digits = (100.0, 1) if "centres" in key else (1.0, 3)
    return mean_sd(moments([run[part][key] for run in runs], scale=scale), digits)


def generated() -> str:
    """Shares of generated molecules, before and after repair."""
    lines = [
        [NAMES[row["what"], row["relaxed"]], *(percent(row[name]) for name in CHECKS)]
        for row in read("restraints_generated")["rows"]
    ]
    return table(("", *CHECKS.values()), lines)


TABLES: dict[str, Callable[[], str]] = {"generated": generated, "training": training}


def main() -> None:
    """Replace what stands between the markers."""
    fill(PAGE, TABLES)


if __name__ == "__main__":
    main()
