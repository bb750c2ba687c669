"""Sweeps over temperature: error, free energy of learning, entropy, the barrier."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from pyg_energyloss_springs.app.problem import Problem
from pyg_energyloss_springs.grid import make_grids
from pyg_energyloss_springs.mechanics.energy import quadratic_energy
from pyg_energyloss_springs.mechanics.frequencies import mode_frequencies
from pyg_energyloss_springs.module import SpringsAndSticks
from pyg_energyloss_springs.thermodynamics.barrier import learning_barrier
from pyg_energyloss_springs.thermodynamics.free_energy import free_energy
from pyg_energyloss_springs.thermodynamics.jarzynski import jarzynski
from pyg_energyloss_springs.thermodynamics.protocols import Protocol, release
from pyg_energyloss_springs.thermodynamics.work import measure_work

#: Hinges and anchors of the thermal system, relative to a data spring: no motion is free.
BENDING, ANCHOR = 0.01, 0.01
#: How hard the clamps hold at first, relative to the stiffest mode of the springs.
CLAMP = 4.0


def thermal_module(problem: Problem, *, sticks: int, group_size: int) -> SpringsAndSticks:
    """Sticks over the box of a problem, each node held weakly."""
    low, high = problem.box()
    grids = make_grids(list(low), list(high), sticks=sticks, group_size=group_size)
    outputs = problem.train[1].shape[1]
    return SpringsAndSticks(grids, num_outputs=outputs, bending=BENDING, anchor=ANCHOR).double()


def temperature_sweep(
    problem: Problem,
    *,
    sticks: int,
    group_size: int,
    relative: list[float],
    num_repeats: int,
    num_steps: int,
    seed: int,
    tick: Callable[[], None] = lambda: None,
) -> dict[str, Any]:
    """Let the sticks learn at several temperatures, given relative to that of the barrier.

    At each temperature clamped, flat sticks are released (see `release`) many times: the work gives
    the free energy of learning by Jarzynski's equality, the final heights the error. Both have an
    exact value to be compared with. The same release with all data at the mean, where there is
    nothing to learn, gives what fluctuations alone do.

    Returns:
        The barrier, and a row per temperature; errors in units of the variance of the targets.
    """
    points, values, test_points, test_values = problem.tensors()
    model = thermal_module(problem, sticks=sticks, group_size=group_size)
    data, mass = model.data_springs(points, values), model.mass_matrix()
    energy = quadratic_energy(data + model.own_springs())
    barrier = learning_barrier(data, energy)
    frequencies = mode_frequencies(energy, mass)
    clamp = CLAMP * float(torch.linalg.eigvalsh(energy.stiffness)[-1])
    protocol = release(energy, torch.zeros_like(energy.pull), clamp=clamp)
    basis = torch.from_numpy(model.data_springs(test_points, test_values).matrix.toarray())
    scale = float(test_values.square().mean())
    inverse = torch.cholesky_inverse(energy.factor())
    spread = float((basis @ inverse * basis).sum() / len(basis))
    least = float((basis @ energy.minimum() - test_values).square().mean())
    blank = quadratic_energy(
        model.data_springs(points, torch.zeros_like(values)) + model.own_springs()
    )
    nothing = release(blank, torch.zeros_like(energy.pull), clamp=clamp)
    rows = []
    for number, share in enumerate(relative):
        temperature = share * barrier.temperature
        generator = torch.Generator().manual_seed(seed + number)
        made = measure_work(
            protocol,
            mass,
            temperature=temperature,
            friction=float(frequencies.median()),
            num_steps=num_steps,
            num_repeats=num_repeats,
            generator=generator,
        )
        estimate = jarzynski(made.work, temperature=temperature, generator=generator)
        outputs = values.size(1)
        heights = made.heights.view(len(mass), num_repeats, outputs)
        predicted = torch.einsum("pn,nro->rpo", basis, heights)
        errors = (predicted - test_values).square().mean(dim=(1, 2)) / scale
        rows.append(
            {
                "temperature": temperature,
                "relative": share,
                "test_error": float(errors.mean()),
                "test_error_se": float(errors.std() / np.sqrt(num_repeats)),
                "test_error_exact": (least + temperature * spread) / scale,
                "change": estimate.value,
                "change_se": estimate.error,
                "mean_work": estimate.mean_work,
                "dissipated": estimate.dissipated,
                "effective_samples": estimate.effective_samples,
                "heat": float(made.heat.mean()),
                "change_exact": _change(protocol, temperature),
            }
        )
        tick()
    ends = np.log([min(relative) * barrier.temperature, max(relative) * barrier.temperature])
    fine = np.exp(np.linspace(ends[0], ends[1], 41)).tolist()
    return {
        "sticks": sticks,
        "nodes": len(mass),
        "repeats": num_repeats,
        "steps": num_steps,
        "barrier_temperature": barrier.temperature,
        "learning_energy": barrier.learning_energy,
        "modes": barrier.modes,
        "rows": rows,
        "exact": {
            "temperature": fine,
            "test_error": [(least + warmth * spread) / scale for warmth in fine],
            "change": [_change(protocol, warmth) for warmth in fine],
            "change_nothing": [_change(nothing, warmth) for warmth in fine],
        },
    }


def sticks_at_temperature(
    problem: Problem, *, sticks: list[int], group_size: int, temperatures: list[float]
) -> list[dict[str, Any]]:
    """Exact mean test error against the number of sticks, one curve per temperature.

    Returns:
        One dict per temperature, errors in units of the variance of the targets.
    """
    points, values, test_points, test_values = problem.tensors()
    scale = float(test_values.square().mean())
    parts = []
    for number in sticks:
        model = thermal_module(problem, sticks=number, group_size=group_size)
        energy = quadratic_energy(model.springs(points, values))
        basis = torch.from_numpy(model.data_springs(test_points, test_values).matrix.toarray())
        inverse = torch.cholesky_inverse(energy.factor())
        spread = float((basis @ inverse * basis).sum() / len(basis))
        least = float((basis @ energy.minimum() - test_values).square().mean())
        parts.append((least, spread))
    return [
        {
            "temperature": temperature,
            "sticks": sticks,
            "error": [(least + temperature * spread) / scale for least, spread in parts],
        }
        for temperature in temperatures
    ]


def _change(protocol: Protocol, temperature: float) -> float:
    ends = [free_energy(protocol(share), temperature=temperature) for share in (0.0, 1.0)]
    return ends[1] - ends[0]
