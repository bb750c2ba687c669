"""The table on the terminal, the plots and the HTML report of `energyloss generate`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pyg_energyloss.report.console import print_table
from pyg_energyloss.report.generate_plots import curve_plot, length_plot, metric_plot, molecule_plot
from pyg_energyloss.report.page import Page
from pyg_energyloss.report.plots import save
from pyg_energyloss.training.compare import environment
from pyg_energyloss.training.generate_compare import Generated, flat, summarise
from pyg_energyloss.training.generate_spec import GenerateSpec

#: metric, head of the column, digits, factor, whether more is better.
COLUMNS = (
    ("atom_stable", "stable atoms %", 1, 100.0, True),
    ("molecule_stable", "stable mol. %", 1, 100.0, True),
    ("connected", "one piece %", 1, 100.0, True),
    ("valid", "valid %", 1, 100.0, True),
    ("unique", "unique %", 1, 100.0, True),
    ("novel", "novel %", 1, 100.0, True),
    ("mmd_bond", "MMD bonds", 3, 1.0, False),
    ("mmd_angle", "MMD angles", 3, 1.0, False),
    ("mmd_dihedral", "MMD dihedrals", 3, 1.0, False),
    ("w1_bond", "W1 bonds Å", 3, 1.0, False),
)
METRIC_TEXT = (
    "Stable atoms, stable molecules: bond orders read off the distances fill the valences; one "
    "piece: by the same bonds. Valid: RDKit accepts them; unique: distinct SMILES among the valid; "
    "novel: not in the training data. MMD: squared maximum mean discrepancy of bond lengths, "
    "angles and dihedrals from real ones, mean over the most frequent kinds; W1: Wasserstein "
    "distance of bond lengths. Averaged and last: with averaged (EMA) and with the last weights. "
    "Real: held-out molecules, the best that can be expected. Mean ± sample standard deviation "
    "over seeds; the best mean is marked."
)


def generated_table(
    generated: Generated,
) -> tuple[list[str], list[list[str]], list[list[bool]]]:
    """Columns, cells and marks of the table: generators, then real molecules."""
    rows = summarise(generated.results)
    ceiling = flat(generated.ceiling)
    shown = [c for c in COLUMNS if any(c[0] in row["metrics"] for row in rows)]
    best = {
        name: (max if higher else min)(values)
        for name, _, _, _, higher in shown
        if (values := [row["metrics"][name]["mean"] for row in rows if name in row["metrics"]])
    }
    cells, marks = [], []
    for row in rows:
        line, mark = [row["label"], row["weights"]], [False, False]
        for name, _, digits, factor, _ in shown:
            value = row["metrics"].get(name)
            line.append("–" if value is None else _cell(value, digits, factor))
            mark.append(value is not None and value["mean"] == best[name])
        cells.append(line)
        marks.append(mark)
    real = [
        _cell({"mean": ceiling.get(name, math.nan), "sd": None}, digits, factor)
        for name, _, digits, factor, _ in shown
    ]
    cells.append(["real molecules", "", *real])
    marks.append([False] * (len(shown) + 2))
    return ["generator", "weights", *(head for _, head, *_ in shown)], cells, marks


def print_generated(specs: Sequence[GenerateSpec], generated: Generated) -> None:
    """Print the table."""
    columns, cells, marks = generated_table(generated)
    print_table(_title(specs), columns, cells, best=marks)


def write_report(specs: Sequence[GenerateSpec], generated: Generated, out: Path) -> Path:
    """Write plots/ and report.html; return the path of the report."""
    page = Page("Generated molecules: what the loss changes", _title(specs))
    if generated.errors:
        failed = "; ".join(f"{name}: {error}" for name, error in generated.errors.items())
        page.paragraph(f"Failed runs: {failed}")
    page.heading("Results")
    columns, cells, marks = generated_table(generated)
    page.table(columns, cells, best=marks)
    page.paragraph(METRIC_TEXT, note=True)
    for name, made, caption in _plots(generated, out):
        save(made, out / "plots" / f"{name}.png")
        page.image(made, caption)
    page.heading("How it was made")
    page.paragraph(_settings(generated), note=True)
    return page.write(out / "report.html")


def _plots(generated: Generated, out: Path) -> list[tuple[str, Any, str]]:
    results = generated.results
    first = min(r["spec"]["seed"] for r in results)
    shown = [r for r in results if r["spec"]["seed"] == first]
    folders = {
        GenerateSpec.from_dict(r["spec"]).label: out
        / "runs"
        / GenerateSpec.from_dict(r["spec"]).key
        for r in shown
    }
    return [
        (
            "molecules",
            molecule_plot(folders),
            (
                f"The first molecules generated with averaged weights, seed {first}, not selected. "
                "Bonds: those that the distances tell; magenta rings: atoms whose valence is not "
                "filled."
            ),
        ),
        (
            "metrics",
            metric_plot(summarise(results), flat(generated.ceiling)),
            "By generator, averaged weights; bars: standard deviation over seeds; line: real.",
        ),
        (
            "lengths",
            length_plot(folders, results[0]["spec"]),
            f"Distances of generated atoms below 2 Å, seed {first}; grey: real molecules.",
        ),
        (
            "curves",
            curve_plot(results),
            (
                "During training, averaged weights on validation molecules at one noise level: "
                "error of bond lengths, and atoms given a wrong type; a line for each seed."
            ),
        ),
    ]


def _title(specs: Sequence[GenerateSpec]) -> str:
    first = specs[0]
    seeds = sorted({spec.seed for spec in specs})
    return (
        f"{first.dataset}: {first.steps} steps of {first.batch_size} molecules, "
        f"{first.schedule} noise, {first.prediction} predicted; {first.samples} molecules by "
        f"{first.sample_steps} {first.sampler} steps; seeds {', '.join(map(str, seeds))}"
    )


def _settings(generated: Generated) -> str:
    made = environment()
    versions = ", ".join(f"{k} {v}" for k, v in made["versions"].items() if v)
    runs = sorted(
        {
            (
                GenerateSpec.from_dict(r["spec"]).label,
                r["parameters"],
                r["spec"]["learning_rate"],
                r["spec"]["position_weight"],
                round(r["step_ms"] or 0),
            )
            for r in generated.results
        }
    )
    listed = "; ".join(
        f"{label}: {count} parameters, rate {rate:g}, position weight {weight:g}, {ms} ms a step"
        for label, count, rate, weight, ms in runs
    )
    return (
        f"{listed}. pyg_energyloss {made['pyg_energyloss']}, Python {made['python']}, {versions}; "
        f"{made['processor']}, {made['cores']} cores"
        f"{', ' + made['cuda'] if made['cuda'] else ''}; {made['date']}."
    )


def _cell(value: Mapping[str, Any], digits: int, factor: float) -> str:
    if value["mean"] is None or not math.isfinite(value["mean"]):
        return "–"
    text = f"{factor * value['mean']:.{digits}f}"
    return text if value["sd"] is None else f"{text} ± {factor * value['sd']:.{digits}f}"
