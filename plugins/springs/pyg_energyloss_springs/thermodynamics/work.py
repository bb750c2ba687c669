"""The work that a protocol does on the nodes, over many repetitions at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from pyg_energyloss_springs.mechanics.langevin import Langevin
from pyg_energyloss_springs.mechanics.state import State
from pyg_energyloss_springs.thermodynamics.equilibrium import sample_equilibrium
from pyg_energyloss_springs.thermodynamics.protocols import Protocol


@dataclass(frozen=True)
class Work:
    """What a protocol cost.

    Attributes:
        work: of each repetition [num_repeats], summed over outputs.
        heat: that each repetition gave to the surroundings, from energy conservation.
        heights: at the end [num_nodes, num_repeats * num_outputs].
    """

    work: Tensor
    heat: Tensor
    heights: Tensor


def measure_work(
    protocol: Protocol,
    mass: Tensor,
    *,
    temperature: float,
    friction: float,
    num_steps: int,
    num_repeats: int,
    generator: torch.Generator,
    step: float | None = None,
) -> Work:
    """Run a protocol from equilibrium, many times, and add up the work.

    W = sum over steps n of U_{n+1}(x_n) - U_n(x_n): only the change of the springs is work; what
    the motion changes is heat and exchange within the system.

    Args:
        protocol: share (0 to 1) -> energy.
        mass: mass matrix.
        temperature: k_B T.
        friction: 1/time.
        num_steps: of the dynamics, with a change of the springs before each.
        num_repeats: independent repetitions.
        generator: of the start and of the noise.
        step: of time; that of `Langevin` for the stiffer end if None.

    Returns:
        Work, heat and final heights.

    Raises:
        ValueError: no step or repetition, or the first energy is flat along some motion.
    """
    if num_steps < 1 or num_repeats < 1:
        raise ValueError(
            f"`num_steps` and `num_repeats` must be at least 1, got {num_steps} and {num_repeats}"
        )
    energy = protocol(0.0).repeat(num_repeats)
    state = sample_equilibrium(energy, mass, temperature=temperature, generator=generator)
    options: dict[str, Any] = {"friction": friction, "temperature": temperature}
    if step is None:
        ends = (energy, protocol(1.0))
        step = min(Langevin(end, mass, **options).step for end in ends)
    motion = Langevin(energy, mass, step=step, generator=generator, **options)
    before = energy.value(state.heights) + _kinetic(state, mass)
    work = torch.zeros_like(before)
    # One column of pull serves all repetitions of one output; several are repeated in turn.
    columns = energy.pull.size(1) // num_repeats
    for number in range(1, num_steps + 1):
        following = protocol(number / num_steps)
        if columns > 1:
            following = following.repeat(num_repeats)
        work += following.value(state.heights) - energy.value(state.heights)
        energy = following
        motion.set_energy(energy)
        state = motion.advance(state)
    heat = work - (energy.value(state.heights) + _kinetic(state, mass) - before)
    return Work(
        work.view(num_repeats, columns).sum(dim=1),
        heat.view(num_repeats, columns).sum(dim=1),
        state.heights,
    )


def _kinetic(state: State, mass: Tensor) -> Tensor:
    return 0.5 * (state.velocities * (mass @ state.velocities)).sum(dim=0)
