"""Write the tables of docs/spins.md from the results in ``benchmarks/results``.

python benchmarks/spins_docs.py
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pages import fill, read, table

from pyg_energyloss.report.numbers import mean_sd
from pyg_energyloss.report.plots import colour, figure

PAGE = Path(__file__).parents[1] / "docs" / "spins.md"
#: metric, head, digits, factor
COLUMNS = (
    ("excess_energy", "excess energy", 2, 1.0),
    ("excess_greedy", "after greedy descent", 2, 1.0),
    ("satisfied", "satisfied bonds %", 1, 100.0),
    ("overlap", "overlap", 3, 1.0),
)


def metrics(values: Mapping[str, Any]) -> list[str]:
    """The columns of a trained network."""
    return [mean_sd(values[m], digits, factor=factor) for m, _, digits, factor in COLUMNS]


def untrained(baselines: Mapping[str, Any]) -> list[list[str]]:
    """Rows of what learns nothing."""
    return [
        [name, *(f"{factor * found['metrics'][m]:.{d}f}" for m, _, d, factor in COLUMNS)]
        for name, found in baselines.items()
    ]


def shares(values: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Means and deviations of a row of a study, with what it gives in % as a share."""
    scale = {"satisfied": 0.01, "exact": 0.01}
    return {
        name: {k: m[k] and scale.get(name, 1.0) * m[k] for k in ("mean", "sd")}
        for name, m in values.items()
        if m is not None
    }


def rate(value: float) -> str:
    """1e-3 rather than 0.001."""
    mantissa, exponent = f"{value:e}".split("e")
    return f"{float(mantissa):g}e{int(exponent)}"


def results() -> str:
    """Losses of the default run beside the paper's."""
    result = read("spins_default")
    found = {row["labels"]["loss"]: shares(row["values"]) for row in result["rows"]}
    reference = found["spin_cross_entropy"]["excess_energy"]["mean"]
    paper = {name: v["paper"]["mean"] for name, v in found.items() if "paper" in v}
    baselines = {
        row["labels"]["loss"]: {"metrics": {k: v["mean"] for k, v in shares(row["values"]).items()}}
        for row in result["baselines"]
    }
    rows = []
    for loss, values in found.items():
        share = values["excess_energy"]["mean"] / reference
        there = "–"
        if loss in paper:
            there = f"{paper[loss]:.1f} ({paper[loss] / paper['spin_cross_entropy']:.2f})"
        rows.append([f"`{loss}`", *metrics(values), f"{share:.2f}", there])
    rows += [[*row, "–", "–"] for row in untrained(baselines)]
    return table(
        ["loss", *(head for _, head, _, _ in COLUMNS), "of cross-entropy", "paper, 16 x 16"], rows
    )


def tuning() -> str:
    """Settings of each loss, and what they gave."""
    default = read("spins_default")["rows"]
    found = {row["labels"]["loss"]: row["values"]["excess_energy"] for row in default}
    rows = []
    for loss, sweep in read("spin_tuning")["losses"].items():
        best = sweep["best"]
        own = ", ".join(f"{k} {v:g}" for k, v in best["loss_options"].items()) or "defaults"
        merit = min(trial["excess_energy"] for trial in sweep["trials"])
        rows.append(
            [
                f"`{loss}`",
                rate(best["learning_rate"]),
                own,
                f"{merit:.1f}",
                mean_sd(found[loss], 1),
            ]
        )
    return table(
        ["loss", "learning rate", "own parameters", "validation, one seed", "test, three seeds"],
        rows,
    )


def margin() -> str:
    """Local field against margin where networks are trained for longer."""
    regimes = read("spin_margin")["regimes"]
    names = list(next(iter(regimes.values())))
    rows = [
        [regime, *(mean_sd(found[name]["excess_energy"], 2) for name in names)]
        for regime, found in regimes.items()
    ]
    return table(["", *names], rows)


def study() -> str:
    """Variants of one thing at a time."""
    result = read("spin_study")
    rows = [
        [name, rate(found["learning_rate"]), *metrics(found)]
        for name, found in result["variants"].items()
    ]
    rows += [[name, "–", *cells] for name, *cells in untrained(result["baselines"])]
    return table(["variant", "learning rate", *(head for _, head, _, _ in COLUMNS)], rows)


TABLES = {"results": results, "tuning": tuning, "margin": margin, "study": study}


def main() -> None:
    """Replace what stands between the markers."""
    fill(PAGE, TABLES)


def draw() -> None:
    """Excess energies of the study, with a logarithmic axis."""
    result = read("spin_study")
    names = list(result["variants"])
    made, ((axis,),) = figure(figsize=(8.5, 0.6 + 0.27 * len(names)))
    for place, name in enumerate(names):
        value = result["variants"][name]["excess_energy"]
        kind = next((k for k in ("in a frame", "message passing") if name.startswith(k)), "CNN")
        axis.errorbar(
            value["mean"],
            place,
            xerr=value["sd"],
            fmt="o",
            color=colour(["CNN", "in a frame", "message passing"], kind),
            capsize=3,
        )
    styles = ("--", ":", "-.")
    for style, (name, found) in zip(styles, result["baselines"].items(), strict=False):
        axis.axvline(
            found["metrics"]["excess_energy"],
            color="#555",
            linestyle=style,
            linewidth=1,
            label=name,
        )
    axis.set_xscale("log")
    axis.set_xticks([3, 5, 10, 20, 50], ["3", "5", "10", "20", "50"])
    axis.minorticks_off()
    axis.set_yticks(range(len(names)), names, fontsize=9)
    axis.invert_yaxis()
    axis.set_xlabel("excess energy over the exact ground state")
    axis.grid(visible=False, axis="y")
    axis.legend(fontsize=8, title="no learning", title_fontsize=8)
    made.savefig(PAGE.parent / "images" / "spins_study.png", dpi=110)


if __name__ == "__main__":
    main()
    draw()
