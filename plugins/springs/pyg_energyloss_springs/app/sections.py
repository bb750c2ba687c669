"""Checks, pictures and curves of springs and sticks, for the report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pyg_energyloss.experiments.plots import Results, section, where
from pyg_energyloss.experiments.summary import mean_of
from pyg_energyloss.files import write_csv
from pyg_energyloss.report.document import Row, Section
from pyg_energyloss.report.plots import save
from pyg_energyloss_springs.app.animation import write_animation
from pyg_energyloss_springs.app.curves import barrier_plot
from pyg_energyloss_springs.app.path import relaxation_path
from pyg_energyloss_springs.app.pictures import sticks_plot
from pyg_energyloss_springs.app.spec import NAMES, SticksSpec, problem_of

CHECKS = "Checks"
BARRIER_TEXT = (
    "Flat, clamped sticks are released many times at each temperature. Left: error afterwards; "
    "points are measured, lines exact (equipartition). Middle: free energy of the release in units "
    "of T; points by Jarzynski's equality from the work, lines exact; dashed, what thermal motion "
    "alone releases when all data lie at their mean. Dotted, in both: the learning barrier "
    "T* = 2 (energy that learning releases) / (number of modes), above which the sticks know less "
    "than the mean. Right: at a given temperature every further node takes its share of heat, so "
    "there is a best number of sticks."
)


def sections(results: Results, rows: Sequence[Row], *, out: Path) -> list[Section]:
    """Of what is finished; writes temperature.csv and the pictures that are no plain curves."""
    hinges, heated = where(results, part="hinges"), where(results, part="heat")
    made = [
        section(
            "table",
            CHECKS,
            "",
            columns=["what", "found"],
            rows=[list(row) for row in _checks(results)],
        )
    ]
    for result in where(results, part="equilibrium"):
        made += _pictures(SticksSpec.from_dict(result["spec"]), out)
    if hinges:
        made.append(_by_sticks(hinges, rows))
    if heated:
        lines = [{"sticks": h["sticks"], **row} for h in heated for row in h["rows"]]
        write_csv(out / "temperature.csv", list(lines[0]), lines)
    if heated and hinges:
        found = {"thermal": heated, "sticks_at_temperature": at_temperatures(hinges)}
        save(barrier_plot(found), out / "plots" / "barrier.png")
        made.append(_figure("The learning barrier", "barrier.png", BARRIER_TEXT))
    return made


def at_temperatures(hinges: Results) -> list[dict[str, Any]]:
    """Exact mean test error against the number of sticks, one curve per temperature."""
    return [
        {
            "temperature": same[0]["temperature"],
            "sticks": [result["spec"]["sticks"] for result in hinges],
            "error": [one["error"] for one in same],
        }
        for same in zip(*(result["heated"] for result in hinges), strict=True)
    ]


def _checks(results: Results) -> Iterator[tuple[str, str]]:
    swings = [r["motion_difference"] for r in results if "motion_difference" in r]
    if swings:
        yield "rest", f"swinging sticks end within {max(swings):.1e} of the direct solution"
    for found in where(results, part="equilibrium"):
        told = f"chi² per mode {found['chi2']:.2f} over {len(found['ratio'])} modes"
        yield "equipartition", f"{told} ({found['samples']} samples each; 1 is expected)"
    heated = where(results, part="heat")
    scores = [
        abs(row["change"] - row["change_exact"]) / row["change_se"]
        for found in heated
        for row in found["rows"]
    ]
    if scores:
        inside = sum(score < 2 for score in scores)  # noqa: PLR2004 - standard errors
        told = f"{inside} of {len(scores)} Jarzynski estimates within two standard errors"
        yield "free energy", f"{told} of the exact value, the worst {max(scores):.1f} off"
    for found in heated:
        told = f"{found['sticks']} sticks ({found['nodes']} nodes) stop learning"
        yield "barrier", f"{told} at T* = {found['barrier_temperature']:.3g}"


def _pictures(spec: SticksSpec, out: Path) -> Iterator[Section]:
    problem = problem_of(spec, out)
    path = relaxation_path(
        problem, sticks=spec.sticks, group_size=spec.group_size, num_frames=spec.frames
    )
    model = path["model"]
    points, values, *_ = problem.tensors()
    model.relax(points, values)
    save(sticks_plot(problem, model), out / "plots" / "sticks.png")
    text = "The sticks at rest, and the springs that pull them to the data."
    yield _figure("Sticks and springs", "sticks.png", text)
    if problem.dim <= 2 and len(model.grids) == 1:  # noqa: PLR2004 - what can be drawn
        write_animation(problem, path, out / "plots" / "relaxation.gif")
        text = "From flat to rest: damped motion at temperature zero."
        yield _figure("Coming to rest", "relaxation.gif", text)


def _by_sticks(hinges: Results, rows: Sequence[Row]) -> Section:
    sticks = [result["spec"]["sticks"] for result in hinges]
    curves = {"training": "free_train", "free hinges": "free", "tuned hinges": "tuned"}
    series = [
        {"label": label, "x": sticks, "values": [[result[key]] for result in hinges]}
        for label, key in curves.items()
    ]
    network = next((row for row in rows if row["labels"]["model"] == NAMES["network"]), None)
    level = network and mean_of(network, "test_error")
    if level:
        series.append({"label": "network", "x": sticks, "values": [[level]] * len(sticks)})
    panel = {
        "title": "",
        "x": {"label": "sticks along each feature", "log": True},
        "y": {"label": "test error / variance", "log": True},
        "series": series,
    }
    text = "Error against the number of sticks along each feature."
    return section("curves", "How many sticks", text, panels=[panel], rows=1, markers=True)


def _figure(title: str, file: str, text: str) -> Section:
    return section("figure", title, text, file=f"plots/{file}", alt=title)


def checks_told(document: Mapping[str, Any]) -> list[str]:
    """The checks of a document, a line each."""
    found = next(s for s in document["sections"] if s["title"] == CHECKS)
    return [f"{what}: {line}" for what, line in found["data"]["rows"]]
