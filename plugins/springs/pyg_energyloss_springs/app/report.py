"""Table, files and HTML report of `energyloss springs`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pyg_energyloss.experiments.environment import environment
from pyg_energyloss.files import write_csv, write_json
from pyg_energyloss.report import Page, print_table
from pyg_energyloss.report.numbers import fixed, mean_sd
from pyg_energyloss.report.plots import save
from pyg_energyloss_springs.app.animation import write_animation
from pyg_energyloss_springs.app.curves import barrier_plot, error_plot
from pyg_energyloss_springs.app.path import relaxation_path
from pyg_energyloss_springs.app.pictures import sticks_plot
from pyg_energyloss_springs.app.problem import Problem

NAMES = {
    "springs": "springs and sticks",
    "spline": "least-squares spline (free hinges)",
    "network": "network, one hidden layer",
}
ERROR_TEXT = (
    "Test error: mean squared error over held-out data, in units of the variance of the targets "
    "about the training mean; 1 is a constant. Mean ± standard deviation over seeds. Springs and "
    "sticks: hinges as stiff as cross-validates best. Network: inputs and targets standardised, "
    "L-BFGS, weight decay and activation cross-validated on the same folds, at least as many "
    "parameters."
)
BARRIER_TEXT = (
    "Flat, clamped sticks are released many times at each temperature. Left: error afterwards; "
    "points are measured, lines exact (equipartition). Middle: free energy of the release in units "
    "of T; points by Jarzynski's equality from the work, lines exact; dashed, what thermal motion "
    "alone releases when all data lie at their mean. Dotted, in both: the learning barrier "
    "T* = 2 (energy that learning releases) / (number of modes), above which the sticks know less "
    "than the mean. Right: at a given temperature every further node takes its share of heat, so "
    "there is a best number of sticks."
)


def columns_and_cells(document: Mapping[str, Any]) -> tuple[list[str], list[list[str]], Any]:
    """Heads, cells and marks of the table of competitors."""
    first, found = document["contest"][0], document["summary"]
    notes = {
        "springs": (first["parameters"], f"hinges {first['bending']:g}"),
        "spline": (first["parameters"], "direct solution"),
        "network": (
            first["network_parameters"],
            "{network_hidden} {network_activation}, decay {network_alpha:g}".format(**first),
        ),
    }
    best = min(found[name]["mean"] for name in NAMES)
    reference = found["network"]["mean"]
    cells, marks = [], []
    for name, label in NAMES.items():
        value = found[name]
        cells.append(
            [
                label,
                str(notes[name][0]),
                mean_sd(value, 4),
                fixed(value["mean"] / reference, 2),
                notes[name][1],
            ]
        )
        marks.append([False, False, value["mean"] == best, False, False])
    heads = ["model", "parameters", "test error", "of network", "first seed"]
    return heads, cells, marks


def facts(document: Mapping[str, Any]) -> list[str]:
    """What else was checked, a line each."""
    check = document["equilibrium"]
    scores = [
        abs(row["change"] - row["change_exact"]) / row["change_se"]
        for found in document["thermal"]
        for row in found["rows"]
    ]
    inside = sum(score < 2 for score in scores)  # noqa: PLR2004 - standard errors
    swing = max(c["motion_difference"] for c in document["contest"])
    samples, modes = check["samples"], len(check["ratio"])
    rest = f"Rest: swinging sticks end within {swing:.1e} of the direct solution."
    shares = (
        f"Equipartition: chi² per mode {check['chi2']:.2f} over {modes} modes ({samples} samples "
        "each; 1 is expected)."
    )
    energies = (
        f"Free energy: {inside} of {len(scores)} Jarzynski estimates within two standard errors of "
        f"the exact value, the worst {max(scores):.1f} off."
    )
    lines = [rest, shares, energies]
    lines += [
        f"Barrier: {found['sticks']} sticks ({found['nodes']} nodes) stop learning at "
        f"T* = {found['barrier_temperature']:.3g}."
        for found in document["thermal"]
    ]
    return lines


def print_study(document: Mapping[str, Any]) -> None:
    """Print the table and the checks."""
    heads, cells, marks = columns_and_cells(document)
    print_table(_title(document), heads, cells, best=marks)
    for line in facts(document):
        print(line)


def write_study(document: dict[str, Any], problem: Problem, out: Path, *, num_frames: int) -> Path:
    """Write results.json, metrics.csv, plots/ and report.html; return the path of the report."""
    document = {**document, "environment": environment()}
    write_json(out / "results.json", document)
    _write_rows(document, out)
    plan = document["plan"]
    path = relaxation_path(
        problem, sticks=plan["sticks"], group_size=plan["group_size"], num_frames=num_frames
    )
    page = Page("Springs and sticks", f"{_title(document)}. {ERROR_TEXT}")
    heads, cells, marks = columns_and_cells(document)
    page.table(heads, cells, best=marks)
    for line in facts(document):
        page.paragraph(line, note=True)
    page.heading("Sticks and springs")
    model = path["model"]
    points, values, *_ = problem.tensors()
    model.relax(points, values)
    rested = sticks_plot(problem, model)
    save(rested, out / "plots" / "sticks.png")
    page.image(rested, "The sticks at rest, and the springs that pull them to the data.")
    if problem.dim <= 2 and len(model.grids) == 1:  # noqa: PLR2004 - what can be drawn
        film = write_animation(problem, path, out / "plots" / "relaxation.gif")
        told = "From flat to rest: damped motion at temperature zero."
        page.picture(film, told, told)
    page.heading("How many sticks")
    curve = error_plot(document)
    save(curve, out / "plots" / "sticks_error.png")
    page.image(curve, "Error against the number of sticks along each feature.")
    page.heading("The learning barrier")
    barrier = barrier_plot(document)
    save(barrier, out / "plots" / "barrier.png")
    page.image(barrier, BARRIER_TEXT)
    page.heading("How it was made")
    page.paragraph(_settings(document), note=True)
    return page.write(out / "report.html")


def _write_rows(document: Mapping[str, Any], out: Path) -> None:
    rows = [
        {"seed": c["seed"], "model": name, "test_error": value}
        for c in document["contest"]
        for name, value in c["error"].items()
    ]
    write_csv(out / "metrics.csv", ["seed", "model", "test_error"], rows)
    heated = [
        {"sticks": found["sticks"], **row} for found in document["thermal"] for row in found["rows"]
    ]
    write_csv(out / "temperature.csv", list(heated[0]), heated)


def _title(document: Mapping[str, Any]) -> str:
    problem, plan = document["problem"], document["plan"]
    return (
        f"{problem['name']}: {', '.join(problem['target'])} from "
        f"{', '.join(problem['features'])}; {problem['train']} training and {problem['test']} test "
        f"points, {plan['sticks']} sticks along each feature, {len(plan['seeds'])} seed(s)"
    )


def _settings(document: Mapping[str, Any]) -> str:
    made, plan = document["environment"], document["plan"]
    versions = ", ".join(f"{k} {v}" for k, v in made["versions"].items() if v)
    return (
        f"Seeds {', '.join(map(str, plan['seeds']))}; {plan['folds']}-fold cross-validation; "
        f"{plan['repeats']} releases of {plan['steps']} steps (BAOAB) at each temperature. "
        f"pyg_energyloss {made['pyg_energyloss']}, Python {made['python']}, {versions}; "
        f"{made['processor']}, {made['cores']} cores; {made['date']}."
    )
