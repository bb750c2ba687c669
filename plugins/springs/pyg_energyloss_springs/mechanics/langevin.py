"""Underdamped Langevin dynamics of the nodes, integrated by BAOAB."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from pyg_energyloss_springs.mechanics.energy import QuadraticEnergy
from pyg_energyloss_springs.mechanics.frequencies import mode_frequencies
from pyg_energyloss_springs.mechanics.state import State

#: The default step in units of 1 / (highest frequency); BAOAB is stable below 2.
STEP = 0.5

Force = Callable[[Tensor], Tensor]


class Langevin:
    """Moves the nodes: dx = v dt, M dv = (F(x) - friction M v) dt + noise of temperature T.

    The noise has the covariance 2 friction T M per unit time, so that the stationary density is
    exp(-(U + v.M.v/2) / T). One step of BAOAB is: half a kick, half a drift, the exact exchange of
    heat over the whole step, half a drift, half a kick. For springs its heights have the exact
    equilibrium distribution at every stable step.

    Args:
        energy: the springs.
        mass: M [num_nodes, num_nodes].
        friction: rate at which a velocity is lost, 1/time.
        temperature: k_B T as an energy.
        step: of time; STEP over the highest frequency if None.
        force: replaces the force of ``energy``, e.g. that of a mini-batch; heights -> force.
        generator: of the noise; seeded with 0 if None.

    Raises:
        ValueError: `friction`, `temperature` or `step` is negative, zero step, or an unstable one.

    >>> from pyg_energyloss_springs.mechanics.energy import QuadraticEnergy
    >>> spring = QuadraticEnergy(torch.eye(1), torch.zeros(1, 1), torch.zeros(1))
    >>> motion = Langevin(spring, torch.eye(1), friction=1.0, temperature=0.0)
    >>> end = motion.run(State(torch.ones(1, 1), torch.zeros(1, 1)), 100)
    >>> bool(end.heights.abs() < 1e-6)
    True

    Source: arXiv 2508.19015, equations of motion; Leimkuhler, Matthews, Appl. Math. Res. Express
    2013, 34, the integrator. The authors' code draws independent noise for the nodes although the
    mass matrix couples them; here its covariance is M^-1, which detailed balance demands.
    """

    def __init__(
        self,
        energy: QuadraticEnergy,
        mass: Tensor,
        *,
        friction: float,
        temperature: float,
        step: float | None = None,
        force: Force | None = None,
        generator: torch.Generator | None = None,
    ) -> None:
        if friction < 0 or temperature < 0:
            raise ValueError(
                "`friction` and `temperature` must not be negative, got "
                f"{friction} and {temperature}"
            )
        factor = torch.linalg.cholesky(mass)
        self._inverse = torch.cholesky_inverse(factor)
        fastest = float(mode_frequencies(energy, mass)[-1].clamp(min=1e-150))
        self.step = STEP / fastest if step is None else step
        if not 0 < self.step * fastest < 2:  # noqa: PLR2004 - where a harmonic motion runs away
            raise ValueError(
                f"`step` must be positive and below 2 / (highest frequency) = {2 / fastest:.3g}, "
                f"got {self.step}"
            )
        self._kept = math.exp(-friction * self.step)
        amplitude = math.sqrt(temperature * -math.expm1(-2 * friction * self.step))
        identity = torch.eye(len(mass), dtype=mass.dtype, device=mass.device)
        self._noise = amplitude * torch.linalg.solve_triangular(factor.T, identity, upper=True)
        self._is_warm = amplitude > 0
        self._force = force
        self.generator = generator
        if generator is None:
            self.generator = torch.Generator(device=mass.device).manual_seed(0)
        self.set_energy(energy)

    def set_energy(self, energy: QuadraticEnergy) -> None:
        """Go on with other springs, as a protocol does; the step stays."""
        self._start = self._inverse @ energy.pull
        self._slope = self._inverse @ energy.stiffness

    def acceleration(self, heights: Tensor) -> Tensor:
        """Return M^-1 F, same shape as ``heights``."""
        if self._force is not None:
            return self._inverse @ self._force(heights)
        return torch.addmm(self._start, self._slope, heights, alpha=-1.0)

    def advance(self, state: State) -> State:
        """Make one step."""
        half = 0.5 * self.step
        heights, velocities = state
        velocities = torch.add(velocities, self.acceleration(heights), alpha=half)
        heights = torch.add(heights, velocities, alpha=half)
        velocities = self._kept * velocities
        if self._is_warm:
            velocities = torch.addmm(velocities, self._noise, self._normal(velocities))
        heights = torch.add(heights, velocities, alpha=half)
        velocities = torch.add(velocities, self.acceleration(heights), alpha=half)
        return State(heights, velocities)

    def run(
        self, state: State, num_steps: int, *, watch: Callable[[int, State], None] | None = None
    ) -> State:
        """Make many steps; ``watch`` is called with the number and the state after each."""
        for number in range(num_steps):
            state = self.advance(state)
            if watch is not None:
                watch(number, state)
        return state

    def _normal(self, like: Tensor) -> Tensor:
        return torch.randn(
            like.shape, dtype=like.dtype, device=like.device, generator=self.generator
        )
