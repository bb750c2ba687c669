"""Write the tables of docs/generate.md from ``benchmarks/results/generate_study.json``.

python benchmarks/generate_docs.py
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pyg_energyloss.report.files import write_text

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "generate.md"
BEGIN, END = "<!-- study:begin -->", "<!-- study:end -->"
#: metric, head, digits, factor
COLUMNS = (
    ("atom_stable", "stable atoms %", 1, 100.0),
    ("molecule_stable", "stable mol. %", 1, 100.0),
    ("valid", "valid %", 1, 100.0),
    ("mmd_bond", "MMD bonds", 3, 1.0),
    ("mmd_angle", "MMD angles", 3, 1.0),
    ("w1_bond", "W1 bonds Å", 4, 1.0),
)
TITLES = {
    "main": "Losses",
    "others": "Other losses",
    "equivariant": "Equivariant denoiser",
    "stiffness": "Stiffness of the gated energy",
    "edges": "Sparse edges",
    "data": "Less data",
    "augmentation": "Without turning the training molecules",
    "flow": "Flow matching",
}


def table(rows: Sequence[Mapping[str, Any]], *, every: bool) -> list[str]:
    """Markdown rows: averaged weights, or both."""
    lines = []
    for row in rows:
        if row["weights"] != "averaged" and not every:
            continue
        cells = [cell(row["metrics"].get(name), d, f) for name, _, d, f in COLUMNS]
        lines.append(
            f"| {row['label']} | {row['weights']} | {row['seeds']} | " + " | ".join(cells) + " |"
        )
    return lines


def cell(value: Mapping[str, Any] | None, digits: int, factor: float) -> str:
    """Mean ± standard deviation."""
    if value is None or value["mean"] is None or not math.isfinite(value["mean"]):
        return "–"
    text = f"{factor * value['mean']:.{digits}f}"
    return text if value["sd"] is None else f"{text} ± {factor * value['sd']:.{digits}f}"


def main() -> None:
    """Replace what stands between the markers."""
    study = json.loads((HERE / "results" / "generate_study.json").read_text())
    made = study["environment"]
    head = "| generator | weights | seeds | " + " | ".join(h for _, h, *_ in COLUMNS) + " |"
    rule = "|---" * (len(COLUMNS) + 3) + "|"
    real = {k: v for part in study["ceiling"].values() for k, v in part.items()}
    ceiling = [
        cell({"mean": real.get(name), "sd": None}, digits, factor)
        for name, _, digits, factor in COLUMNS
    ]
    about = (
        f"{study['what']}; ancestral sampling in 100 steps; bf16; {made['processor']}, "
        f"{made['cores']} cores, {made['date'][:10]}. Scripts: `benchmarks/generate_tuning.py` "
        "(one weight for each loss, 2 000 steps, another seed), `benchmarks/generate_study.py`. "
        "Mean ± s.d. over seeds; one seed has no s.d. These are minutes of training, not days: "
        "compare rows, not with published figures."
    )
    parts = [about]
    for name, title in TITLES.items():
        if rows := study["groups"].get(name):
            lines = table(rows, every=name == "main")
            if name == "main":
                lines.append("| *held-out real molecules* | | | " + " | ".join(ceiling) + " |")
            parts += [f"**{title}**", "\n".join([head, rule, *lines])]
    page = PAGE.read_text()
    before, rest = page.split(BEGIN)
    _, after = rest.split(END)
    write_text(PAGE, before + BEGIN + "\n\n" + "\n\n".join(parts) + "\n\n" + END + after)


if __name__ == "__main__":
    main()
