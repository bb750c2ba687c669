"""The table on the terminal, the plots and the HTML report of `energyloss compare`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pyg_energyloss.report.comparison_plots import curve_plot, metric_plot, noise_plot
from pyg_energyloss.report.console import print_table
from pyg_energyloss.report.page import Page
from pyg_energyloss.report.plots import save
from pyg_energyloss.report.viewer import viewer_html
from pyg_energyloss.training.compare import Comparison, Outcome, environment
from pyg_energyloss.training.spec import RunSpec
from pyg_energyloss.training.summary import summarise, table

TASK_TEXT = {
    "geometry": (
        "Task geometry: predict the 3D structure from the molecular graph. The target is rotated "
        "at random, so no model can know its orientation; the coordinates that go in are noise."
    ),
    "denoise": (
        "Task denoise: recover the structure from a copy with Gaussian noise on every coordinate, "
        "in the same random orientation."
    ),
}
METRIC_TEXT = (
    "bonds, 1-3, 1-4: mean absolute error of the distances between atoms one, two and three bonds "
    "apart. RMSD: after the best superposition, mirror images and exchanges of equivalent atoms "
    "allowed; < 0.3 Å is the share of molecules below that. xTB: GFN2-xTB energy above the true "
    "structure, and the largest force on an atom; medians over a few molecules. ms/step: median "
    "time of a training step. MiB: peak memory of the process. Mean ± sample standard deviation "
    "over seeds; the best mean of each column is marked."
)


def print_comparison(comparison: Comparison, outcome: Outcome) -> None:
    """Print one table per noise level."""
    rows = summarise(outcome.results)
    for level in _levels(rows):
        at_level = [row for row in rows if row["level"] == level]
        columns, cells, marks = table(at_level)
        print_table(_title(comparison, level), columns, cells, best=marks)


def write_report(comparison: Comparison, outcome: Outcome, out: Path) -> Path:
    """Write plots/ and report.html; return the path of the report."""
    rows = summarise(outcome.results)
    models = [m for m in comparison.models if any(r["model"] == m for r in rows)]
    losses = [name for name in comparison.losses if any(r["loss"] == name for r in rows)]
    page = Page(
        "What the loss changes",
        f"{', '.join(models)} trained with {', '.join(losses)} on {_dataset_name(comparison)}: "
        f"{comparison.steps} optimiser steps of {comparison.batch_size} molecules for every run, "
        f"seeds {', '.join(map(str, comparison.seeds))}. {TASK_TEXT[comparison.task]}",
    )
    if outcome.errors:
        page.paragraph("Failed runs: " + "; ".join(f"{k}: {v}" for k, v in outcome.errors.items()))
    page.heading("Results on held-out molecules")
    for level in _levels(rows):
        if level is not None:
            page.paragraph(f"Noise level {level:g} Å")
        columns, cells, marks = table([row for row in rows if row["level"] == level])
        page.table(columns, cells, best=marks)
    page.paragraph(METRIC_TEXT, note=True)
    for name, made, caption in _plots(comparison, outcome, rows, models, losses):
        save(made, out / "plots" / f"{name}.png")
        page.image(made, caption)
    page.heading("Structures")
    page.paragraph(
        "Left the true structure, right the prediction on top of it, coloured by the energy of "
        "the springs at each atom (complete graph, exponential stiffness). Drag to turn, scroll "
        "to zoom."
    )
    shown = _first_seed(outcome.results)
    folders = [out / "runs" / RunSpec.from_dict(r["spec"]).key for r in shown]
    page.raw(viewer_html(shown, folders))
    page.heading("How it was made")
    _settings(page, outcome)
    return page.write(out / "report.html")


def _plots(
    comparison: Comparison,
    outcome: Outcome,
    rows: Sequence[Mapping[str, Any]],
    models: Sequence[str],
    losses: Sequence[str],
) -> list[tuple[str, Any, str]]:
    curves = (
        "curves",
        curve_plot(outcome.results, models, losses),
        "Bond-length error on validation molecules during training; band: range over seeds.",
    )
    if comparison.levels:
        return [
            (
                "noise",
                noise_plot(rows, models, losses),
                "Error on test molecules by noise level; bars: standard deviation over seeds.",
            ),
            curves,
        ]
    return [
        (
            "metrics",
            metric_plot(rows, models, losses),
            (
                "Errors on test molecules by model and loss, logarithmic, lower is better; bars: "
                "standard deviation over seeds."
            ),
        ),
        curves,
    ]


def _settings(page: Page, outcome: Outcome) -> None:
    rates: dict[tuple[str, str], tuple[float, int]] = {}
    for result in outcome.results:
        spec = result["spec"]
        rates[spec["model"], spec["loss"]] = (spec["learning_rate"], result["parameters"])
    page.table(
        ["model + loss", "peak learning rate", "parameters"],
        [[f"{m} + {name}", f"{rate:g}", str(n)] for (m, name), (rate, n) in rates.items()],
    )
    made = environment()
    versions = ", ".join(f"{k} {v}" for k, v in made["versions"].items() if v)
    page.paragraph(
        f"pyg_energyloss {made['pyg_energyloss']}, Python {made['python']}, {versions}; "
        f"{made['processor']}, {made['cores']} cores"
        f"{', ' + made['cuda'] if made['cuda'] else ''}; {made['date']}.",
        note=True,
    )


def _first_seed(results: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    first: dict[tuple[str, str], Mapping[str, Any]] = {}
    for result in results:
        first.setdefault((result["spec"]["model"], result["spec"]["loss"]), result)
    return list(first.values())


def _levels(rows: Sequence[Mapping[str, Any]]) -> list[float | None]:
    return list(dict.fromkeys(row["level"] for row in rows))


def _title(comparison: Comparison, level: float | None) -> str:
    noise = "" if level is None else f", noise {level:g} Å"
    return (
        f"{comparison.task} on {_dataset_name(comparison)}{noise}: {comparison.steps} steps of "
        f"{comparison.batch_size}, seeds {', '.join(map(str, comparison.seeds))}"
    )


def _dataset_name(comparison: Comparison) -> str:
    if comparison.dataset == "table":
        return "your structures"
    return comparison.dataset
