"""Write the tables of docs/restraints.md from the results in ``benchmarks/results``.

python benchmarks/restraints_docs.py
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pyg_energyloss.experiments.summary import moments
from pyg_energyloss.files import write_text
from pyg_energyloss.report.numbers import mean_sd

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "restraints.md"
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


def rows_of(name: str) -> list[dict[str, Any]]:
    """The rows of a committed result."""
    rows: list[dict[str, Any]] = json.loads((HERE / "results" / f"{name}.json").read_text())["rows"]
    return rows


def table(heads: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    return "\n".join(
        "| " + " | ".join(line) + " |" for line in [heads, ["---"] * len(heads), *lines]
    )


def percent(value: float) -> str:
    """A share as it is shown."""
    return f"{100 * value:.1f} %"


def training() -> str:
    """Mean ± s.d. over seeds of each loss: test molecules, and validation molecules in brackets."""
    rows = rows_of("restraints_training")
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
        for row in rows_of("restraints_generated")
    ]
    return table(("", *CHECKS.values()), lines)


TABLES: dict[str, Callable[[], str]] = {"generated": generated, "training": training}


def main() -> None:
    """Replace what stands between the markers."""
    text = PAGE.read_text()
    for name, made in TABLES.items():
        begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
        block = f"{begin}\n\n{made()}\n\n{end}"
        text, count = re.subn(f"{begin}.*?{end}", lambda _, new=block: new, text, flags=re.DOTALL)
        if count != 1:
            raise ValueError(f"{PAGE} must have one place for the table {name!r}, has {count}")
    write_text(PAGE, text)


if __name__ == "__main__":
    main()
