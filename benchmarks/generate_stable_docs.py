"""What docs/generate.md says of ``benchmarks/results/generate_stable.json``, and its picture.

python benchmarks/generate_stable_docs.py          (the picture; `generate_docs.py` writes the page)
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pages import read, table

from pyg_energyloss.report.numbers import mean_sd

PICTURE = Path(__file__).parents[1] / "docs" / "images" / "generate_stable.png"
#: metric, head
COLUMNS = (
    ("atom_stable", "stable atoms %"),
    ("molecule_stable", "stable mol. %"),
    ("connected", "one piece %"),
    ("valid", "valid %"),
    ("unique", "unique %"),
    ("novel", "novel %"),
    ("found_train", "training mol. found %"),
)
COLOURS = {
    "mse": "#7f7f7f",
    "energy": "#1b6ca8",
    "energy_gated": "#c1440e",
    "multiscale_gated": "#2e7d32",
}
#: Points of a curve that its two extrapolations are made of: the bend, and the last doubling.
LAST = (3, 2)
#: Points of a curve that is long enough for them.
LEAST = 5

Runs = Sequence[Mapping[str, Any]]


def rows_of(runs: Runs, loss: str) -> dict[int, list[Mapping[str, Any]]]:
    """Rows of all seeds of a loss by step."""
    found: dict[int, list[Mapping[str, Any]]] = {}
    for run in runs:
        for row in run["rows"] if run["loss"] == loss else ():
            found.setdefault(row["step"], []).append(row)
    return found


def shown(rows: Sequence[Mapping[str, Any]], name: str) -> str:
    """Mean ± s.d. of a share in per cent."""
    values = [row[name] for row in rows if row[name] is not None]
    if not values:
        return "–"
    sd = statistics.stdev(values) if len(values) > 1 else None
    return mean_sd({"mean": statistics.fmean(values), "sd": sd}, 1, factor=100.0)


def half_at(
    rows: Mapping[int, Sequence[Mapping[str, Any]]], samples: int, last: int
) -> float | None:
    """Steps at which half of the molecules would be stable; None if the curve does not rise.

    A straight line through the logits of the last points against the logarithm of the steps, each
    share moved off 0 and 1 by half a molecule.
    """
    steps = sorted(rows)[-last:]
    shares = [statistics.fmean(row["molecule_stable"] for row in rows[step]) for step in steps]
    kept = [min(max(share, 0.5 / samples), 1 - 0.5 / samples) for share in shares]
    if len(steps) < last:
        return None
    slope, start = np.polyfit(
        [math.log(step) for step in steps], [math.log(p / (1 - p)) for p in kept], 1
    )
    return math.exp(-start / slope) if slope > 0 else None


def tables(study: Mapping[str, Any]) -> str:
    """The passage of the page that is made of figures."""
    made, spec = study["environment"], study["spec"]
    losses = list(dict.fromkeys(run["loss"] for run in study["runs"]))
    by_loss = {loss: rows_of(study["runs"], loss) for loss in losses}
    steps = sorted({step for rows in by_loss.values() for step in rows})
    along = [
        [loss, *(shown(rows[s], "molecule_stable") if s in rows else "" for s in steps)]
        for loss, rows in by_loss.items()
    ]
    last = []
    for loss, rows in by_loss.items():
        step = max(rows)
        seconds = statistics.fmean(row["cpu_seconds"] for row in rows[step])
        cells = [shown(rows[step], name) for name, _ in COLUMNS]
        last.append([loss, f"{step}", f"{len(rows[step])}", f"{seconds / 60:.1f}", *cells])
    for run in study["runs"]:
        for row in run.get("fallen", ()):
            cells = [shown([row], name) for name, _ in COLUMNS]
            name = f"{run['loss']}, then a falling rate"
            last.append([name, f"{row['step']} + {row['fall']}", "1", "", *cells])
    real = [
        f"{100 * study['ceiling'][name]:.1f}" if name in study["ceiling"] else ""
        for name, _ in COLUMNS
    ]
    last.append(["*held-out real molecules*", "", "", "", *real])
    about = (
        f"{study['what']}; {spec['samples']} molecules at each point, {spec['sample_steps']} "
        f"{spec['sampler']} steps; batches of {spec['batch_size']}, rate {spec['learning_rate']:g} "
        f"that stays; {made['processor']}, one core, {made['date'][:10]}. "
        "Script: `benchmarks/generate_stable.py`. Mean ± s.d. over seeds; one seed has no s.d."
    )
    heads = ["loss", "steps", "seeds", "CPU min", *(head for _, head in COLUMNS)]
    return "\n\n".join(
        [
            about,
            "Stable molecules, %, after so many steps:",
            table(["loss", *(f"{step}" for step in steps)], along),
            "At the last of them:",
            table(heads, last),
            extrapolated(by_loss, spec["samples"]),
        ]
    )


def extrapolated(
    by_loss: Mapping[str, Mapping[int, Sequence[Mapping[str, Any]]]], samples: int
) -> str:
    """Where each curve passes one half, or would."""
    parts = []
    for loss, rows in by_loss.items():
        if len(rows) < LEAST:
            continue
        last = max(rows)
        reached = [
            s
            for s in sorted(rows)
            if statistics.fmean(row["molecule_stable"] for row in rows[s]) >= 0.5
        ]
        a_step = statistics.fmean(row["cpu_seconds"] for row in rows[last]) / last
        if reached:
            parts.append(f"{loss}: half is reached by {reached[0]} steps")
        elif guesses := [g for last in LAST if (g := half_at(rows, samples, last)) is not None]:
            steps = " to ".join(f"{g:,.0f}".replace(",", " ") for g in sorted(guesses))
            minutes = " to ".join(f"{g * a_step / 60:.0f}" for g in sorted(guesses))
            parts.append(f"{loss}: {steps} steps, {minutes} CPU minutes")
    return (
        f"Half of the molecules stable, by straight lines through the logits of the last {LAST[0]} "
        f"and the last {LAST[1]} points against the logarithm of the steps (extrapolations, not "
        "measurements): "
        f"{'; '.join(parts)}. A device that takes a step in 1/N of the time needs 1/N of it."
    )


def faults(found: Mapping[str, Any]) -> str:
    """What is wrong with the molecules, and where the denoiser fails."""
    atoms = found["faults"]["atoms"]
    elements = sorted({name.split()[0] for name in atoms})
    kinds = ("stable", "too few", "too many")
    shares = []
    for element in elements:
        counts = [atoms.get(f"{element} {kind}", 0) for kind in kinds]
        percent = (f"{100 * count / sum(counts):.0f}" for count in counts)
        shares.append([element, str(sum(counts)), *percent])
    levels = found["levels"]
    off, wrong = (
        [f"{factor * level[name]:.{digits}f}" for level in levels]
        for name, factor, digits in (("error", 1, 2), ("types_wrong", 100, 0))
    )
    run = found["denoiser"]
    known = (
        f"{100 * found['faults']['formula_known']:.0f} % of the molecules have the formula of "
        "a training molecule. Another denoiser, that of the next table "
        f"({run['loss']}, {run['steps']} steps), is off by so much at these levels of noise:"
    )
    least = (
        f"Where all but the orientation is known the error would be {found['least']:.2f} of "
        "the noise. Script: `benchmarks/generate_faults.py`."
    )
    return "\n\n".join(
        [
            table(["element", "atoms", "stable %", "too few bonds %", "too many %"], shares),
            known,
            table(
                ["noise, Å", *(f"{level['noise']:.2f}" for level in levels)],
                [["error / noise", *off], ["types wrong %", *wrong]],
            ),
            least,
        ]
    )


def main() -> None:
    """Draw stable molecules against steps."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    study = read("generate_stable")
    figure, panels = plt.subplots(1, 2, figsize=(8.4, 3.6), constrained_layout=True, sharex=True)
    marks = sorted({row["step"] for run in study["runs"] for row in run["rows"]})
    titles = {"atom_stable": "stable atoms, %", "molecule_stable": "stable molecules, %"}
    for axes, (metric, title) in zip(panels, titles.items(), strict=True):
        for loss, colour in COLOURS.items():
            rows = rows_of(study["runs"], loss)
            steps = sorted(rows)
            values = [[100 * row[metric] for row in rows[step]] for step in steps]
            if not steps:
                continue
            means = [statistics.fmean(v) for v in values]
            axes.plot(steps, means, marker="o", color=colour, label=loss)
            axes.fill_between(
                steps, [min(v) for v in values], [max(v) for v in values], color=colour, alpha=0.15
            )
        axes.axhline(100 * study["ceiling"][metric], color="#444444", linestyle=":")
        axes.set_xscale("log", base=2)
        axes.xaxis.set_major_formatter(lambda step, _: f"{step / 1000:g}")
        axes.set_xticks(marks)
        axes.set_ylim(0, 103)
        axes.set_xlabel("thousand steps of training")
        axes.set_title(title, fontsize=10)
        axes.grid(alpha=0.3)
    panels[0].legend(frameon=False)
    figure.savefig(PICTURE, dpi=110)


if __name__ == "__main__":
    main()
