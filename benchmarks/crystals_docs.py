"""Write the tables of docs/crystals.md from the results in ``benchmarks/results``.

python benchmarks/crystals_docs.py
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pages import fill, read, table

from pyg_energyloss.report.numbers import mean_sd

PAGE = Path(__file__).parents[1] / "docs" / "crystals.md"
#: Metric: head, factor, digits.
COLUMNS = {
    "distance_mae": ("distances (Å)", 1.0, 3),
    "match": ("match (%)", 100.0, 1),
    "rmsd": ("RMSD", 1.0, 3),
    "metre": ("METRe (%)", 100.0, 1),
    "crmse": ("cRMSE", 1.0, 3),
    "length_mae": ("lengths (Å)", 1.0, 3),
    "volume_error": ("volume (%)", 100.0, 1),
}
SPEEDS = {
    "energy": "exponential stiffness",
    "energy, 1/d^2, absolute": "absolute, 1/d²",
    "energy, a factor per pair of elements": "a factor for each pair of elements",
    "crystal_mse": "`crystal_mse`",
    "crystal_aligned_mse": "`crystal_aligned_mse`",
}
SEEDS = 3


def study(task: str, *, lattice: str | None = None) -> str:
    """A table for each set and noise level, and where the lattice is given or not."""
    chosen = [
        row
        for row in read("crystals_study")["rows"]
        if row["task"] == task and lattice in (None, row["lattice"])
    ]
    parts = []
    for dataset, noise, cell in dict.fromkeys(map(_table_of, chosen)):
        rows = [row for row in chosen if _table_of(row) == (dataset, noise, cell)]
        # The input as it is comes once for each network.
        rows = list({(row["model"], row["loss"]): row for row in rows}.values())
        shown = [name for name in COLUMNS if any(_has(row, name) for row in rows)]
        lines = [[_model(row), row["loss"], *_cells(row, shown)] for row in rows]
        head = f"`{dataset}`{f', noise {noise}' if noise else ''}, lattice {cell}:"
        heads = ["model", "loss", *(COLUMNS[name][0] for name in shown)]
        parts.append(f"{head}\n\n{table(heads, lines)}")
    return "\n\n".join(parts)


def _table_of(row: Mapping[str, Any]) -> tuple[str, str, str]:
    return row["dataset"], row.get("noise", ""), row["lattice"]


def _has(row: Mapping[str, Any], name: str) -> bool:
    return row["values"].get(name, {}).get("mean") is not None


def _model(row: Mapping[str, Any]) -> str:
    seeds = row.get("seeds", SEEDS)
    few = "" if seeds == SEEDS else f" ({seeds} seed{'s' if seeds > 1 else ''})"
    return f"{row['model']}{few}"


def _cells(row: Mapping[str, Any], names: Sequence[str]) -> list[str]:
    return [
        mean_sd(row["values"].get(name), COLUMNS[name][2], factor=COLUMNS[name][1])
        for name in names
    ]


def speed() -> str:
    """Crystals a second by the number of atoms, growth, and what is left of the invariances."""
    result = read("crystals")
    found = result["crystals_per_second"]
    heads = ["crystals a second", *(f"{name}: {v['atoms']:.3g} atoms" for name, v in found.items())]
    lines = [[text, *(f"{v[name]:.0f}" for v in found.values())] for name, text in SPEEDS.items()]
    growth = result["seconds_by_atoms"]
    largest, quarter = growth["10000"], growth["2500"]
    change = max(result["largest_change"].values())
    return (
        f"{table(heads, lines)}\n\n10 000 atoms take {largest:.3f} s, {largest / quarter:.1f} "
        "times as long as 2500. Another origin, image, order, cell or supercell, of the true and "
        f"of the\npredicted crystal, changes the energy of {result['crystals_of_each_set']} "
        f"crystals of each set and 7 prototypes by at most {change:.0e} of itself."
    )


def bias() -> str:
    """Volume of the lattice of least energy."""
    rows = read("crystals_bias")["rows"]
    places = list(dict.fromkeys((row["dataset"], row["noise"]) for row in rows))
    found = {(row["loss"], row["dataset"], row["noise"]): row["volume"] for row in rows}
    heads = ["volume by the true one", *(f"{name}, {level:g} Å" for name, level in places)]
    lines = [
        [f"`{loss}`", *(f"{found[loss, *place]:.3f}" for place in places)]
        for loss in dict.fromkeys(row["loss"] for row in rows)
    ]
    return table(heads, lines)


TABLES: dict[str, Callable[[], str]] = {
    "bias": bias,
    "predicted": lambda: study("denoise", lattice="predicted"),
    "given": lambda: study("denoise", lattice="given"),
    "composition": lambda: study("composition"),
    "speed": speed,
}


def main() -> None:
    """Replace what stands between the markers."""
    fill(PAGE, TABLES)


if __name__ == "__main__":
    main()
