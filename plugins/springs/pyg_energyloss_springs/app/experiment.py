"""`energyloss springs` as an experiment of the engine: fits and releases are its runs."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pyg_energyloss.experiments.experiment import Experiment, Measurement, Report, seeds_of
from pyg_energyloss.experiments.summary import column, cost, mean_of, moments
from pyg_energyloss.report.document import Row, Section
from pyg_energyloss_springs.app.contest import contest, hinges
from pyg_energyloss_springs.app.problem import Problem
from pyg_energyloss_springs.app.sections import sections
from pyg_energyloss_springs.app.spec import NAMES, SticksSpec, problem_of
from pyg_energyloss_springs.app.thermal import (
    ThermalSystem,
    equilibrium_check,
    temperature_sweep,
)

REFERENCE = NAMES["network"]
ERROR_TEXT = (
    "mean squared error over held-out data, in units of the variance of the targets about the "
    "training mean; 1 is a constant"
)
NOTE = (
    "Springs and sticks: hinges as stiff as cross-validates best. Network: inputs and targets "
    "standardised, L-BFGS, weight decay and activation cross-validated on the same folds, at least "
    "as many parameters."
)


class SticksExperiment(Experiment[SticksSpec]):
    """Fits springs and sticks beside a network, and heats them; nothing is trained by steps."""

    name = "springs"
    title = "Springs and sticks"
    spec_type = SticksSpec
    columns = (
        column("parameters", "parameters", better=None, digits=0, terminal=True, text="fitted"),
        column("test_error", "test error", digits=4, terminal=True, text=ERROR_TEXT),
        column(
            "of_network",
            "of network",
            better=None,
            digits=2,
            terminal=True,
            text="test error relative to that of the network",
        ),
        cost("fit_seconds", "s", "time to fit, cross-validation included"),
    )
    note = NOTE

    def run(
        self, spec: SticksSpec, folder: Path, report: Report, hardware: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Fit a competitor, or measure what the report draws."""
        del hardware
        started = time.perf_counter()
        problem = problem_of(spec, folder.parents[1])
        made: dict[str, Any] = {"train": len(problem.train[0]), "test": len(problem.test[0])}
        measurements: list[Measurement] = []
        if spec.part == "contest":
            made |= contest(spec.model, problem, folds=spec.folds, seed=spec.seed, **_shape(spec))
            seconds = time.perf_counter() - started
            values = {"test_error": made["error"], "fit_seconds": seconds}
            measurements.append({"labels": {}, "values": values})
        elif spec.part == "hinges":
            made |= _hinges(spec, problem)
        elif spec.part == "equilibrium":
            made |= equilibrium_check(problem, repeats=spec.repeats, **_shape(spec))
        else:
            made |= _heated(spec, problem, report)
        return {"measurements": measurements, **made}

    def made_of(self, spec: SticksSpec, result: Mapping[str, Any]) -> dict[str, Any]:
        """Parameters, and what cross-validation chose in the last of the seeds."""
        told = result.get("chosen", f"{spec.repeats} releases")
        return {**super().made_of(spec, result), "chosen": told}

    def describe(self, specs: Sequence[SticksSpec]) -> str:
        """What is learned, and with how many sticks."""
        first = specs[0]
        what = f"{first.problem}: {first.learned}" if first.learned else first.problem
        return f"{what}, {first.sticks} sticks along each feature, {seeds_of(specs)}."

    def derive(self, rows: Sequence[Row]) -> None:
        """Put each competitor beside the network."""
        known = {row["labels"]["model"]: mean_of(row, "test_error") for row in rows}
        reference = known.get(REFERENCE)
        for row in rows:
            mean = mean_of(row, "test_error")
            if mean is not None and reference:
                row["values"]["of_network"] = moments([mean / reference])

    def sections(
        self, results: Sequence[Mapping[str, Any]], rows: Sequence[Row], **more: Any
    ) -> list[Section]:
        """Checks, the sticks at rest and their way there, error by sticks, the barrier."""
        return sections(results, rows, out=more["out"])


def _shape(spec: SticksSpec) -> dict[str, int]:
    return {"sticks": spec.sticks, "group_size": spec.group_size}


def _hinges(spec: SticksSpec, problem: Problem) -> dict[str, Any]:
    """Errors with hinges free and tuned, and in the heat, exactly."""
    heated = ThermalSystem(problem, sticks=spec.barrier_sticks, group_size=spec.group_size)
    warmths = [share * heated.barrier.temperature for share in spec.temperatures]
    system = ThermalSystem(problem, **_shape(spec))
    return {
        **hinges(problem, folds=spec.folds, **_shape(spec)),
        "heated": [
            {"temperature": warmth, "error": system.test_error(warmth)} for warmth in warmths
        ],
    }


def _heated(spec: SticksSpec, problem: Problem, report: Report) -> dict[str, Any]:
    """Releases at each temperature."""
    of = len(spec.temperatures)
    found = temperature_sweep(
        ThermalSystem(problem, **_shape(spec)),
        relative=spec.temperatures,
        num_repeats=spec.repeats,
        num_steps=spec.steps,
        seed=spec.stream,
        tick=lambda done: report(done, of, "heating", {}),
    )
    return {**found, "sticks": spec.sticks, "parameters": found["nodes"]}
