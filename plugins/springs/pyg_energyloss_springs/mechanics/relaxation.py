"""Other ways to the minimum: damped motion, as the physical system finds it."""

from __future__ import annotations

import torch
from torch import Tensor

from pyg_energyloss_springs.mechanics.energy import quadratic_energy
from pyg_energyloss_springs.mechanics.frequencies import mode_frequencies
from pyg_energyloss_springs.mechanics.langevin import Langevin
from pyg_energyloss_springs.mechanics.springs import Springs
from pyg_energyloss_springs.mechanics.state import State


def damped_motion(
    springs: Springs,
    mass: Tensor,
    *,
    start: Tensor | None = None,
    friction: float | None = None,
    tolerance: float = 1e-9,
    max_steps: int = 200_000,
) -> Tensor:
    """Let the sticks swing and come to rest: Langevin dynamics at zero temperature.

    Args:
        springs: the springs.
        mass: mass matrix.
        start: heights [num_nodes, num_outputs] to be released from; zero if None.
        friction: 1/time; twice the slowest frequency if None, which damps that mode critically.
        tolerance: the end is where the greatest force is below this share of the greatest at zero
            heights.
        max_steps: give up after so many steps.

    Returns:
        Heights [num_nodes, num_outputs], float64.

    Raises:
        ValueError: it has not come to rest after ``max_steps``.
    """
    energy = quadratic_energy(springs)
    if friction is None:
        frequencies = mode_frequencies(energy, mass)
        friction = 2 * float(frequencies[frequencies > 0][0])
    motion = Langevin(energy, mass, friction=friction, temperature=0.0)
    heights = torch.zeros_like(energy.pull) if start is None else start.to(energy.pull)
    state = State(heights, torch.zeros_like(heights))
    limit = tolerance * float(energy.pull.abs().max().clamp(min=1e-300))
    for _ in range(max(1, max_steps // 100)):
        state = motion.run(state, 100)
        if float(energy.force(state.heights).abs().max()) <= limit:
            return state.heights
    raise ValueError(
        f"the sticks have not come to rest after `max_steps`={max_steps}; allow more, or add "
        "`bending` springs, which make the slowest motions faster"
    )


def overdamped_motion(
    springs: Springs,
    mass: Tensor | None = None,
    *,
    tolerance: float = 1e-9,
    max_steps: int = 200_000,
) -> Tensor:
    """Let the sticks creep to rest without inertia: steepest descent, x' = F(x).

    Args:
        springs: the springs.
        mass: unused; without inertia it does not matter.
        tolerance: as for `damped_motion`.
        max_steps: give up after so many steps.

    Returns:
        Heights [num_nodes, num_outputs], float64.

    Raises:
        ValueError: it has not come to rest after ``max_steps``.
    """
    del mass
    energy = quadratic_energy(springs)
    values = torch.linalg.eigvalsh(energy.stiffness)
    positive = values[values > values[-1] * len(values) * torch.finfo(values.dtype).eps]
    # The step that shrinks the slowest and the fastest mode alike.
    step = 2.0 / float(positive[0] + positive[-1])
    heights = torch.zeros_like(energy.pull)
    limit = tolerance * float(energy.pull.abs().max().clamp(min=1e-300))
    for _ in range(max_steps):
        force = energy.force(heights)
        if float(force.abs().max()) <= limit:
            return heights
        heights = torch.add(heights, force, alpha=step)
    raise ValueError(
        f"the sticks have not come to rest after `max_steps`={max_steps}; allow more, or add "
        "`bending` springs, which make the slowest motions faster"
    )
