"""The table on the terminal, the plots and the HTML report of `energyloss spins`."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from pyg_energyloss.report.console import print_table
from pyg_energyloss.report.page import Page
from pyg_energyloss.report.plots import save
from pyg_energyloss.report.spin_plots import configuration_plot, curve_plot, excess_plot
from pyg_energyloss.spins import SpinSystems
from pyg_energyloss.training.compare import environment
from pyg_energyloss.training.spin_compare import (
    PAPER,
    SpinComparison,
    SpinOutcome,
    summarise,
)
from pyg_energyloss.training.spin_spec import SpinRunSpec

#: metric, head of the column, digits, factor, whether more is better.
COLUMNS = (
    ("excess_energy", "excess energy", 2, 1.0, False),
    ("excess_greedy", "after greedy", 2, 1.0, False),
    ("excess_zero_temperature", "after T=0", 2, 1.0, False),
    ("satisfied", "satisfied %", 1, 100.0, True),
    ("overlap", "overlap", 3, 1.0, True),
    ("exact", "exact %", 1, 100.0, True),
)
REFERENCE = "spin_cross_entropy"
METRIC_TEXT = (
    "Excess energy: energy of the predicted configuration above the exact ground state, mean over "
    "test systems, in units of the largest coupling. After greedy, after T=0: the same after "
    "flipping single spins of the prediction until no flip lowers the energy, the best one first "
    "or independent sets in turn. Satisfied: bonds with J s s > 0. Overlap: |mean of s y| with the "
    "ground state. Exact: predictions that are a ground state. Of cross-entropy: excess energy "
    "relative to that of cross-entropy. Paper: its excess energy at 16 x 16 and longer training, "
    "and in brackets relative to its cross-entropy. "
    "Mean ± sample standard deviation over seeds; the best mean of the trained models is marked."
)


def spin_table(outcome: SpinOutcome) -> tuple[list[str], list[list[str]], list[list[bool]]]:
    """Columns, cells and marks of the table: trained models, then baselines."""
    rows = summarise(outcome.results)
    reference = {
        row["model"]: row["metrics"]["excess_energy"]["mean"]
        for row in rows
        if row["loss"] == REFERENCE
    }
    several = len({row["model"] for row in rows}) > 1
    cells, marks = [], []
    best = {
        name: (max if higher else min)(row["metrics"][name]["mean"] for row in rows)
        for name, _, _, _, higher in COLUMNS
    }
    for row in rows:
        metrics = row["metrics"]
        label = f"{row['model']} + {row['loss']}" if several else row["loss"]
        values = [
            _cell(metrics[name]["mean"], metrics[name]["sd"], digits, factor)
            for name, _, digits, factor, _ in COLUMNS
        ]
        ratio = metrics["excess_energy"]["mean"] / reference.get(row["model"], math.nan)
        values += [_ratio(ratio), _paper(row["loss"])]
        cells.append([label, *values])
        is_best = [metrics[name]["mean"] == best[name] for name, *_ in COLUMNS]
        marks.append([False, *is_best, False, False])
    for name, found in outcome.baselines.items():
        values = [
            _cell(found["metrics"][metric], None, digits, factor)
            for metric, _, digits, factor, _ in COLUMNS
        ]
        cells.append([name, *values, "–", "–"])
        marks.append([False] * (len(values) + 3))
    heads = [head for _, head, *_ in COLUMNS]
    return ["loss", *heads, "of cross-entropy", "paper, 16 x 16"], cells, marks


def print_spins(comparison: SpinComparison, outcome: SpinOutcome) -> None:
    """Print the table."""
    columns, cells, marks = spin_table(outcome)
    print_table(_title(comparison), columns, cells, best=marks)


def write_report(comparison: SpinComparison, outcome: SpinOutcome, out: Path) -> Path:
    """Write plots/ and report.html; return the path of the report."""
    page = Page(
        "Spins: what the loss changes",
        f"{_title(comparison)}. Networks are given the couplings of an Ising spin glass and "
        "predict its ground state; the targets are exact.",
    )
    if outcome.errors:
        page.paragraph("Failed runs: " + "; ".join(f"{k}: {v}" for k, v in outcome.errors.items()))
    page.heading("Results on test systems")
    columns, cells, marks = spin_table(outcome)
    page.table(columns, cells, best=marks)
    page.paragraph(METRIC_TEXT, note=True)
    for name, made, caption in _plots(comparison, outcome, out):
        save(made, out / "plots" / f"{name}.png")
        page.image(made, caption)
    page.heading("How it was made")
    page.paragraph(_settings(outcome), note=True)
    return page.write(out / "report.html")


def _plots(
    comparison: SpinComparison, outcome: SpinOutcome, out: Path
) -> list[tuple[str, Any, str]]:
    models = [m for m in comparison.models if any(m == r["spec"]["model"] for r in outcome.results)]
    losses = [n for n in comparison.losses if any(n == r["spec"]["loss"] for r in outcome.results)]
    made = [
        (
            "excess",
            excess_plot(summarise(outcome.results), outcome.baselines, models, losses),
            (
                "Excess energy on test systems, of the prediction and after greedy descent from "
                "it; bars: standard deviation over seeds; lines: baselines without learning."
            ),
        ),
        (
            "curves",
            curve_plot(outcome.results, models, losses),
            "Excess energy on test systems during training; band: range over seeds.",
        ),
    ]
    systems = SpinSystems.load(out / "data" / comparison.data.file_name)
    shown = [r for r in outcome.results if r["spec"]["seed"] == comparison.seeds[0]]
    predicted: dict[str, Any] = {}
    for result in shown:
        if result["spec"]["model"] == models[0]:
            folder = out / "runs" / SpinRunSpec.from_dict(result["spec"]).key
            with np.load(folder / "predictions.npz", allow_pickle=False) as archive:
                predicted[result["spec"]["loss"]] = archive["logits"]
    if predicted:
        first = comparison.data.train
        count = min(2, len(systems) - first)
        caption = (
            "Ground state and predictions for test systems; the global sign of a prediction is "
            "turned to agree with the target. Squares: spins, red where they differ from the "
            "ground state. Lines: unsatisfied bonds, the thicker the stronger."
        )
        pictures = configuration_plot(systems.subset(slice(first, first + count)), predicted)
        made.append(("configurations", pictures, caption))
    return made


def _title(comparison: SpinComparison) -> str:
    data = comparison.data
    boundary = "periodic" if data.periodic else "open"
    return (
        f"{data.size} x {data.size} {boundary} lattice, {data.train} training and {data.test} test "
        f"systems, {comparison.steps} steps of {comparison.batch_size}, "
        f"{len(comparison.seeds)} seed(s)"
    )


def _settings(outcome: SpinOutcome) -> str:
    made = environment()
    versions = ", ".join(f"{k} {v}" for k, v in made["versions"].items() if v)
    specs = [r["spec"] for r in outcome.results]
    parameters = {r["spec"]["model"]: r["parameters"] for r in outcome.results}
    models = ", ".join(f"{model} ({count} parameters)" for model, count in parameters.items())
    losses = "; ".join(dict.fromkeys(_loss_settings(spec) for spec in specs))
    return (
        f"Models: {models}. Losses: {losses}. "
        f"pyg_energyloss {made['pyg_energyloss']}, Python {made['python']}, {versions}; "
        f"{made['processor']}, {made['cores']} cores"
        f"{', ' + made['cuda'] if made['cuda'] else ''}; {made['date']}."
    )


def _loss_settings(spec: dict[str, Any]) -> str:
    options = [f"{name} {value}" for name, value in spec.get("loss_options", {}).items()]
    rate = f"learning rate {spec['learning_rate']:g}, {spec['schedule']}"
    return f"{spec['loss']}: {', '.join([rate, *options])}"


def _cell(mean: float, sd: float | None, digits: int, factor: float) -> str:
    text = f"{factor * mean:.{digits}f}"
    return text if sd is None else f"{text} ± {factor * sd:.{digits}f}"


def _ratio(value: float) -> str:
    return f"{value:.2f}" if math.isfinite(value) else "–"


def _paper(loss: str) -> str:
    """The paper's excess energy, and in brackets its share of cross-entropy's."""
    if loss not in PAPER:
        return "–"
    return f"{PAPER[loss][0]:.1f} ({PAPER[loss][0] / PAPER[REFERENCE][0]:.2f})"
