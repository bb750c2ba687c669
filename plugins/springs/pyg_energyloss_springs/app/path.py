"""The way of the sticks from flat to rest, for a moving picture."""

from __future__ import annotations

from typing import Any

import torch

from pyg_energyloss_springs.app.problem import Problem
from pyg_energyloss_springs.app.thermal import thermal_module
from pyg_energyloss_springs.mechanics.energy import quadratic_energy
from pyg_energyloss_springs.mechanics.frequencies import mode_frequencies
from pyg_energyloss_springs.mechanics.langevin import Langevin
from pyg_energyloss_springs.mechanics.state import State
from pyg_energyloss_springs.thermodynamics.barrier import learning_barrier


def relaxation_path(
    problem: Problem,
    *,
    sticks: int,
    group_size: int,
    num_frames: int,
    relative: float = 0.0,
    seed: int = 0,
) -> dict[str, Any]:
    """Heights of the nodes on their way from flat to rest, for a moving picture.

    Args:
        problem: what is learned.
        sticks: along each feature.
        group_size: features per grid.
        num_frames: how many pictures.
        relative: temperature relative to that of the barrier.
        seed: of the thermal motion.

    Returns:
        The module, heights [num_frames, num_nodes, num_outputs], times, and elastic energies.
    """
    points, values, *_ = problem.tensors()
    model = thermal_module(problem, sticks=sticks, group_size=group_size)
    data, mass = model.data_springs(points, values), model.mass_matrix()
    energy = quadratic_energy(data + model.own_springs())
    frequencies = mode_frequencies(energy, mass)
    temperature = relative * learning_barrier(data, energy).temperature
    friction = 0.7 * float(frequencies.median())
    motion = Langevin(
        energy,
        mass,
        friction=friction,
        temperature=temperature,
        generator=torch.Generator().manual_seed(seed),
    )
    # The median mode swings about twice within the film; long enough to see it settle.
    total = 25.0 / float(frequencies.median())
    stride = max(1, round(total / motion.step / num_frames))
    state = State(torch.zeros_like(energy.pull), torch.zeros_like(energy.pull))
    frames = [state.heights]
    for _ in range(num_frames - 1):
        state = motion.run(state, stride)
        frames.append(state.heights)
    heights = torch.stack(frames)
    return {
        "model": model,
        "heights": heights,
        "time": [n * stride * motion.step for n in range(num_frames)],
        "energy": [float(energy.value(frame).sum()) for frame in heights],
        "least": float(energy.value(energy.minimum()).sum()),
    }
