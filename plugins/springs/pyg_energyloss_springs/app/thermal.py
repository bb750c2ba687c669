"""Sweeps over temperature: error, free energy of learning, entropy, the barrier."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from pyg_energyloss_springs.app.problem import Problem
from pyg_energyloss_springs.grid import make_grids
from pyg_energyloss_springs.mechanics.energy import quadratic_energy
from pyg_energyloss_springs.mechanics.frequencies import mode_frequencies
from pyg_energyloss_springs.mechanics.langevin import Langevin
from pyg_energyloss_springs.mechanics.state import State
from pyg_energyloss_springs.module import SpringsAndSticks
from pyg_energyloss_springs.thermodynamics.barrier import learning_barrier
from pyg_energyloss_springs.thermodynamics.equilibrium import equipartition
from pyg_energyloss_springs.thermodynamics.free_energy import free_energy
from pyg_energyloss_springs.thermodynamics.jarzynski import jarzynski
from pyg_energyloss_springs.thermodynamics.protocols import Protocol, release
from pyg_energyloss_springs.thermodynamics.work import Work, measure_work

#: Hinges of the thermal system relative to a data spring, and anchors relative to all data springs
#: of a node: no motion is free. Several grids can exchange constants, which anchors alone hold.
BENDING, ANCHOR, ANCHOR_GROUPS = 0.01, 0.02, 0.3
#: How hard the clamps hold at first, relative to the springs' median mode.
CLAMP = 4.0
#: Of the releases, relative to the median frequency.
FRICTION = 0.3
#: Repetitions of the pilot, work that may be wasted in units of T, and how much slower at most.
PILOT, WASTE, SLOWEST = 64, 0.5, 10.0


def thermal_module(problem: Problem, *, sticks: int, group_size: int) -> SpringsAndSticks:
    """Sticks over the box of a problem, each node held weakly."""
    low, high = problem.box()
    grids = make_grids(list(low), list(high), sticks=sticks, group_size=group_size)
    values = problem.train[1]
    share = ANCHOR if len(grids) == 1 else ANCHOR_GROUPS
    anchor = share * len(values) / sum(grid.num_nodes for grid in grids)
    return SpringsAndSticks(
        grids, num_outputs=values.shape[1], bending=BENDING, anchor=anchor
    ).double()


class ThermalSystem:
    """Sticks in the springs of a problem, ready to be heated.

    Args:
        problem: what is learned.
        sticks: along each feature.
        group_size: features per grid.
    """

    def __init__(self, problem: Problem, *, sticks: int, group_size: int) -> None:
        points, values, test_points, test_values = problem.tensors()
        model = thermal_module(problem, sticks=sticks, group_size=group_size)
        data, own = model.data_springs(points, values), model.own_springs()
        self.mass = model.mass_matrix()
        self.energy = quadratic_energy(data + own)
        self.blank = quadratic_energy(model.data_springs(points, torch.zeros_like(values)) + own)
        self.barrier = learning_barrier(data, self.energy)
        self.clamp = CLAMP * float(torch.linalg.eigvalsh(self.energy.stiffness).median())
        self.friction = FRICTION * float(mode_frequencies(self.energy, self.mass).median())
        self.flat = torch.zeros_like(self.energy.pull)
        basis = model.data_springs(test_points, test_values).matrix.toarray()
        self._basis, self._test = torch.from_numpy(basis), test_values
        self._scale = float(test_values.square().mean())
        inverse = torch.cholesky_inverse(self.energy.factor())
        self._spread = float((self._basis @ inverse * self._basis).sum() / len(self._basis))
        rest = self._basis @ self.energy.minimum()
        self._least = float((rest - test_values).square().mean())

    def test_error(self, temperature: float) -> float:
        """Mean error in equilibrium, exact, in units of the variance of the targets."""
        return (self._least + temperature * self._spread) / self._scale

    def test_errors(self, heights: torch.Tensor) -> torch.Tensor:
        """Errors of repetitions, heights [num_nodes, num_repeats * num_outputs]."""
        each = heights.view(len(heights), -1, self._test.size(1))
        predicted = torch.einsum("pn,nro->rpo", self._basis, each)
        return (predicted - self._test).square().mean(dim=(1, 2)) / self._scale

    def protocol(self, temperature: float) -> Protocol:
        """The release of flat sticks."""
        return release(self.energy, self.flat, clamp=self.clamp, temperature=temperature)

    def change(self, temperature: float, *, blank: bool = False) -> float:
        """Exact free energy change of the release, or with all data at their mean."""
        energy = self.blank if blank else self.energy
        protocol = release(energy, self.flat, clamp=self.clamp, temperature=temperature)
        ends = [free_energy(protocol(share), temperature=temperature) for share in (0.0, 1.0)]
        return ends[1] - ends[0]

    def work(
        self, temperature: float, *, num_steps: int, num_repeats: int, generator: torch.Generator
    ) -> Work:
        """Release the sticks many times."""
        return measure_work(
            self.protocol(temperature),
            self.mass,
            temperature=temperature,
            friction=self.friction,
            num_steps=num_steps,
            num_repeats=num_repeats,
            generator=generator,
        )


def temperature_sweep(
    system: ThermalSystem,
    *,
    relative: Sequence[float],
    num_repeats: int,
    num_steps: int,
    seed: int,
    tick: Callable[[int], None] = lambda _: None,
) -> dict[str, Any]:
    """Let the sticks learn at several temperatures, given relative to that of the barrier.

    At each temperature clamped, flat sticks are released (see `release`) many times: the work gives
    the free energy of learning by Jarzynski's equality, the final heights the error. Both have an
    exact value to be compared with. The same release with all data at the mean, where there is
    nothing to learn, gives what fluctuations alone do. A short pilot tells how much slower than
    ``num_steps`` the release must be for the work to scatter by little more than T.

    Returns:
        The barrier, and a row per temperature; errors in units of the variance of the targets.
    """
    unit, rows = system.barrier.temperature, []
    for number, share in enumerate(relative):
        generator = torch.Generator().manual_seed(seed + number)
        rows.append(
            {
                "relative": share,
                **_heated(system, share * unit, num_steps, num_repeats, generator),
            }
        )
        tick(number + 1)
    ends = np.log([min(relative) * unit, max(relative) * unit])
    fine = np.exp(np.linspace(ends[0], ends[1], 41)).tolist()
    return {
        "nodes": len(system.mass),
        "repeats": num_repeats,
        "barrier_temperature": unit,
        "learning_energy": system.barrier.learning_energy,
        "modes": system.barrier.modes,
        "rows": rows,
        "exact": {
            "temperature": fine,
            "test_error": [system.test_error(warmth) for warmth in fine],
            "change": [system.change(warmth) for warmth in fine],
            "change_nothing": [system.change(warmth, blank=True) for warmth in fine],
        },
    }


def _heated(
    system: ThermalSystem,
    temperature: float,
    num_steps: int,
    num_repeats: int,
    generator: torch.Generator,
) -> dict[str, Any]:
    exact = system.change(temperature)
    pilot = system.work(
        temperature, num_steps=num_steps, num_repeats=PILOT, generator=generator
    ).work
    wasted = max(float(pilot.mean()) - exact, 0.0) / temperature
    num_steps = round(num_steps * min(max(wasted / WASTE, 1.0), SLOWEST))
    made = system.work(
        temperature, num_steps=num_steps, num_repeats=num_repeats, generator=generator
    )
    estimate = jarzynski(made.work, temperature=temperature, generator=generator)
    errors = system.test_errors(made.heights)
    return {
        "temperature": temperature,
        "steps": num_steps,
        "test_error": float(errors.mean()),
        "test_error_se": float(errors.std() / np.sqrt(num_repeats)),
        "test_error_exact": system.test_error(temperature),
        "change": estimate.value,
        "change_se": estimate.error,
        "change_exact": exact,
        "mean_work": estimate.mean_work,
        "dissipated": estimate.dissipated,
        "effective_samples": estimate.effective_samples,
        "heat": float(made.heat.mean()),
    }


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
