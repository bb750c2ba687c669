"""Write the tables of docs/restraints.md from the results in ``benchmarks/results``.

python benchmarks/restraints_docs.py
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pyg_energyloss.files import write_text

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
    """Each run."""
    rows = sorted(rows_of("restraints_hands"), key=lambda row: (row["loss"], row["seed"]))
    heads = ("loss", "seed", "right centres", "bonds", "right after `relax`", "bonds after `relax`")
    return table(heads, [[name(row), str(row["seed"]), *cells(row)] for row in rows])


def name(row: Mapping[str, Any]) -> str:
    """The loss, and since when its restraints are there."""
    if row["loss"] == "energy":
        return "energy"
    return f"{row['loss']}, {'late' if 'rise' in row else 'from the start'}"


def cells(row: Mapping[str, Any]) -> list[str]:
    """What is shown of a run: test, and validation in brackets."""
    shown = []
    for after in ("", "relaxed_"):
        right = [percent(row[part][f"{after}right_centres"]) for part in ("test", "val")]
        bonds = [f"{row[part][f'{after}bond_mae']:.3f}" for part in ("test", "val")]
        shown += [f"{right[0]} ({right[1]})", f"{bonds[0]} Å ({bonds[1]})"]
    return shown


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
