"""Write the tables of docs/generate.md from ``benchmarks/results/generate_*.json``.

python benchmarks/generate_docs.py
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import generate_stable_docs
from pages import fill, read

from pyg_energyloss.report.numbers import mean_sd

PAGE = Path(__file__).parents[1] / "docs" / "generate.md"
#: metric, head, digits, factor
COLUMNS = (
    ("atom_stable", "stable atoms %", 1, 100.0),
    ("molecule_stable", "stable mol. %", 1, 100.0),
    ("valid", "valid %", 1, 100.0),
    ("mmd_bond", "MMD bonds", 3, 1.0),
    ("mmd_angle", "MMD angles", 3, 1.0),
    ("w1_bond", "W1 bonds Å", 4, 1.0),
)
#: question, published (PAPER: % stable molecules, QM9), labels of ours (% stable atoms) by group.
TRENDS: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    (
        "energy against MSE, plain denoiser",
        "MSE 83.7 ± 2.3, energy 89.8 ± 2.8",
        "main",
        ("gdm + mse", "gdm + energy", "gdm + energy_gated"),
    ),
    (
        "MAE and Kabsch",
        "MAE 76.4 ± 0.9, Kabsch 82.3 ± 0.5",
        "others",
        ("gdm + mae", "gdm + kabsch"),
    ),
    (
        "equivariant denoiser",
        "MSE 82.4 ± 3.4, energy 86.6 ± 1.6",
        "equivariant",
        ("edm + mse", "edm + energy", "edm + energy_gated"),
    ),
    (
        "without turning the molecules",
        "MSE 81.7 ± 3.3, energy 86.2 ± 2.1",
        "augmentation",
        ("gdm + mse, not turned", "gdm + energy_gated, not turned"),
    ),
    (
        "stiffness: inverse, inverse square, constant",
        "84.5, 84.6, 83.6 (exponential 89.8)",
        "stiffness",
        (
            "gdm + energy_gated (stiffness=inverse)",
            "gdm + energy_gated (stiffness=inverse_square)",
            "gdm + energy_gated (stiffness=constant)",
        ),
    ),
    (
        "sparse edges",
        "89.1 ± 0.9 (complete 89.8)",
        "edges",
        ("gdm + energy_gated (edges_per_atom=4.0)",),
    ),
    (
        "half and a quarter of the data",
        "energy, half: above 75",
        "data",
        (
            "gdm + mse, 50 % of the data",
            "gdm + energy_gated, 50 % of the data",
            "gdm + mse, 25 % of the data",
            "gdm + energy_gated, 25 % of the data",
        ),
    ),
    (
        "flow matching",
        "–",
        "flow",
        ("gdm + mse, flow matching", "gdm + energy_gated, flow matching"),
    ),
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
        cells = [mean_sd(row["metrics"].get(name), d, factor=f) for name, _, d, f in COLUMNS]
        lines.append(
            f"| {row['label']} | {row['weights']} | {row['seeds']} | " + " | ".join(cells) + " |"
        )
    return lines


def main() -> None:
    """Replace what stands between the markers."""
    study = read("generate_study")
    made = study["environment"]
    head = "| generator | weights | seeds | " + " | ".join(h for _, h, *_ in COLUMNS) + " |"
    rule = "|---" * (len(COLUMNS) + 3) + "|"
    real = {k: v for part in study["ceiling"].values() for k, v in part.items()}
    ceiling = [
        mean_sd({"mean": real.get(name)}, digits, factor=factor)
        for name, _, digits, factor in COLUMNS
    ]
    about = (
        f"{study['what']}; ancestral sampling in 100 steps; bf16; {made['processor']}, "
        f"{made['cores']} cores, {made['date'][:10]}. Scripts: `benchmarks/generate_tuning.py` "
        f"({tuned()}), `benchmarks/generate_study.py`. "
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
    fill(
        PAGE,
        {
            "study": lambda: "\n\n".join(parts),
            "trends": lambda: trends(study["groups"]),
            "stable": lambda: generate_stable_docs.tables(read("generate_stable")),
            "faults": lambda: generate_stable_docs.faults(read("generate_faults")),
        },
    )


def tuned() -> str:
    """Which losses had their weight tuned, by the result of the tuning."""
    tuning = read("generate_tuning")
    best, tried = tuning["best"], tuning["atom_stable"]
    weights = sorted({f"{chosen['position_weight']:g}" for chosen in best.values()})
    text = (
        f"the weight of {', '.join(best)} tuned, which gave {', '.join(weights)}; "
        f"{tuning['steps']} steps, another seed"
    )
    left = [name for name in tried if name not in best]
    return f"{text}; {', '.join(left)} not tuned and given 3" if left else text


def trends(groups: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """A table of the published figures beside ours, which measure another thing."""
    lines = [
        "| question | published: stable molecules % | here: stable atoms %, averaged weights |",
        "|---|---|---|",
    ]
    for question, published, group, labels in TRENDS:
        ours = {
            row["label"]: mean_sd(row["metrics"].get("atom_stable"), 1, factor=100.0)
            for row in groups.get(group, ())
            if row["weights"] == "averaged"
        }
        shown = [f"{short(label)} {ours[label]}" for label in labels if label in ours]
        lines.append(f"| {question} | {published} | {'; '.join(shown) or 'not measured'} |")
    return "\n".join(lines)


def short(label: str) -> str:
    """A label without the network and what the row says anyway."""
    text = label.split(" + ", 1)[1].replace(" of the data", "")
    return text.replace(", not turned", "").replace(", flow matching", "")


if __name__ == "__main__":
    main()
