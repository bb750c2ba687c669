"""All that `energyloss springs` measures, as one document."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import torch

from pyg_energyloss.experiments.summary import moments
from pyg_energyloss.report.document import Moments
from pyg_energyloss_springs.app.contest import contest, sticks_sweep
from pyg_energyloss_springs.app.problem import Problem
from pyg_energyloss_springs.app.thermal import (
    ThermalSystem,
    sticks_at_temperature,
    temperature_sweep,
    thermal_module,
)
from pyg_energyloss_springs.mechanics.energy import quadratic_energy
from pyg_energyloss_springs.mechanics.frequencies import mode_frequencies
from pyg_energyloss_springs.mechanics.langevin import Langevin
from pyg_energyloss_springs.mechanics.state import State
from pyg_energyloss_springs.thermodynamics.barrier import learning_barrier
from pyg_energyloss_springs.thermodynamics.equilibrium import equipartition


@dataclass(frozen=True)
class Plan:
    """How much is measured.

    Args:
        sticks: along each feature.
        group_size: features per grid.
        seeds: one training set, or split of the table, for each.
        folds: of the cross-validation.
        sweep: numbers of sticks of the sweep.
        thermal_sticks: numbers of sticks at which the sticks are heated.
        relative: temperatures relative to that of the barrier.
        repeats: of each release.
        steps: of Langevin dynamics in each release.
    """

    sticks: int
    group_size: int
    seeds: tuple[int, ...]
    folds: int
    sweep: tuple[int, ...]
    thermal_sticks: tuple[int, ...]
    relative: tuple[float, ...]
    repeats: int
    steps: int

    def num_tasks(self) -> int:
        """How often ``tick`` is called."""
        return len(self.seeds) + 2 + len(self.thermal_sticks) * len(self.relative)


def run_study(
    make_problem: Callable[[int], Problem], plan: Plan, *, tick: Callable[[], None]
) -> dict[str, Any]:
    """Measure everything; ``tick`` is called after each part.

    Args:
        make_problem: seed -> problem.
        plan: how much.
        tick: progress.

    Returns:
        A document of plain numbers, for results.json, tables and plots.
    """
    threads = torch.get_num_threads()
    # Matrices of this size are faster on one thread than on many.
    torch.set_num_threads(1)
    try:
        return _run(make_problem, plan, tick)
    finally:
        torch.set_num_threads(threads)


def _run(
    make_problem: Callable[[int], Problem], plan: Plan, tick: Callable[[], None]
) -> dict[str, Any]:
    shape = {"group_size": plan.group_size}
    contests = []
    for seed in plan.seeds:
        contests.append(
            contest(make_problem(seed), sticks=plan.sticks, folds=plan.folds, seed=seed, **shape)
        )
        tick()
    problem = make_problem(plan.seeds[0])
    sweep = sticks_sweep(problem, sticks=list(plan.sweep), folds=plan.folds, **shape)
    tick()
    check = equilibrium_check(problem, sticks=plan.sticks, repeats=plan.repeats, **shape)
    tick()
    heated = [
        {
            "sticks": number,
            **temperature_sweep(
                ThermalSystem(problem, sticks=number, **shape),
                relative=plan.relative,
                num_repeats=plan.repeats,
                num_steps=plan.steps,
                seed=100 * place,
                tick=tick,
            ),
        }
        for place, number in enumerate(plan.thermal_sticks)
    ]
    middle = heated[len(heated) // 2]["barrier_temperature"]
    curves = sticks_at_temperature(
        problem,
        sticks=list(plan.sweep),
        temperatures=[0.0, *(share * middle for share in (0.01, 0.1, 1.0))],
        **shape,
    )
    return {
        "problem": {
            "name": problem.name,
            "features": list(problem.features),
            "target": list(problem.target),
            "train": len(problem.train[0]),
            "test": len(problem.test[0]),
        },
        "plan": asdict(plan),
        "contest": contests,
        "summary": summary(contests),
        "sticks": sweep,
        "equilibrium": check,
        "thermal": heated,
        "sticks_at_temperature": curves,
    }


def summary(contests: list[dict[str, Any]]) -> dict[str, Moments | None]:
    """Mean and standard deviation over seeds of each competitor's error, and of the ratio."""
    columns = {name: [c["error"][name] for c in contests] for name in contests[0]["error"]}
    columns["ratio"] = [c["ratio"] for c in contests]
    return {name: moments(values) for name, values in columns.items()}


def equilibrium_check(
    problem: Problem, *, sticks: int, group_size: int, repeats: int, seed: int = 0
) -> dict[str, Any]:
    """Heat flat sticks at a tenth of the barrier's temperature and compare with equipartition."""
    points, values, *_ = problem.tensors()
    model = thermal_module(problem, sticks=sticks, group_size=group_size)
    data, mass = model.data_springs(points, values), model.mass_matrix()
    energy = quadratic_energy(data + model.own_springs())
    temperature = 0.1 * learning_barrier(data, energy).temperature
    frequencies = mode_frequencies(energy, mass)
    slowest = float(frequencies[0])
    motion = Langevin(
        energy.repeat(repeats),
        mass,
        friction=2 * slowest,
        temperature=temperature,
        generator=torch.Generator().manual_seed(seed),
    )
    start = torch.zeros_like(energy.pull).repeat(1, repeats)
    # Twelve times the time in which the slowest mode forgets where it began.
    steps = round(12 / slowest / motion.step)
    state = motion.run(State(start, torch.zeros_like(start)), steps)
    found = equipartition(energy.repeat(repeats), state.heights, temperature=temperature)
    return {
        "temperature": temperature,
        "samples": start.size(1),
        "steps": steps,
        "ratio": found.ratio.tolist(),
        "error": found.error,
        "chi2": found.chi2,
    }
