import math

import numpy as np
import pytest
import torch
from pyg_energyloss_springs import Langevin, State, equipartition, minibatch_force
from pyg_energyloss_springs.mechanics import equilibrium_moments, evolve, mode_frequencies
from pyg_energyloss_springs.mechanics.moments import Moments
from scipy.linalg import solve_discrete_lyapunov


class Probe(Langevin):
    """The integrator with unit vectors as its noise."""

    def _normal(self, like):
        return torch.eye(len(like), dtype=like.dtype)


@pytest.mark.parametrize("relative", [0.1, 1.0, 1.9])
def test_heights_have_the_exact_equilibrium_variances_at_every_stable_step(line, relative):
    *_, energy, mass = line
    still = type(energy)(energy.stiffness, torch.zeros_like(energy.pull), energy.offset)
    step = relative / float(mode_frequencies(energy, mass)[-1])
    options = {"friction": 3.0, "step": step}
    unit = torch.eye(18, dtype=torch.float64)
    cold = Langevin(still, mass, temperature=0.0, **options)
    forward = torch.cat(cold.advance(State(unit[:9], unit[9:])))
    nothing = torch.zeros(9, 9, dtype=torch.float64)
    noise = torch.cat(
        Probe(still, mass, temperature=0.2, **options).advance(State(nothing, nothing))
    )
    covariance = solve_discrete_lyapunov(forward.numpy(), (noise @ noise.T).numpy())
    expected = 0.2 * torch.linalg.inv(energy.stiffness)
    np.testing.assert_allclose(covariance[:9, :9], expected, atol=1e-12)


def test_equipartition_holds_in_a_simulation(line):
    *_, energy, mass = line
    motion = Langevin(energy, mass, friction=6.0, temperature=0.1)
    start = torch.zeros(9, 3000, dtype=torch.float64)
    state = motion.run(State(start, start), 300)
    found = equipartition(energy, state.heights, temperature=0.1)
    assert found.is_fulfilled
    assert abs(found.ratio - 1).max() < 5 * found.error
    # The same samples are far from equilibrium at another temperature.
    assert not equipartition(energy, state.heights, temperature=0.12).is_fulfilled


def test_without_friction_and_noise_the_energy_stays(line):
    *_, energy, mass = line
    motion = Langevin(energy, mass, friction=0.0, temperature=0.0)
    motion.step *= 0.1
    state = State(torch.zeros_like(energy.pull), torch.zeros_like(energy.pull))
    totals = []
    motion.run(
        state,
        2000,
        watch=lambda _, s: totals.append(
            float(energy.value(s.heights) + (s.velocities * (mass @ s.velocities)).sum() / 2)
        ),
    )
    assert max(totals) - min(totals) < 2e-3 * float(energy.value(state.heights))


def test_the_motion_follows_the_exact_mean(line):
    *_, energy, mass = line
    zero = torch.zeros_like(energy.pull)
    start = Moments(torch.cat([zero, zero]), torch.eye(18, dtype=torch.float64))
    exact = evolve(start, energy, mass, friction=1.0, temperature=0.1, duration=0.7)
    motion = Langevin(energy, mass, friction=1.0, temperature=0.0, step=0.7 / 700)
    found = motion.run(State(zero, zero), 700)
    torch.testing.assert_close(torch.cat(found), exact.mean, atol=1e-4, rtol=0)


def test_equilibrium_stays_equilibrium(line):
    *_, energy, mass = line
    rest = equilibrium_moments(energy, mass, 0.3)
    later = evolve(rest, energy, mass, friction=0.5, temperature=0.3, duration=2.0)
    torch.testing.assert_close(later, rest)


def test_small_batches_heat_the_sticks_as_documented(line):
    model, points, values, energy, mass = line
    data, generator = model.data_springs(points, values), torch.Generator().manual_seed(0)
    force = minibatch_force(data, model.own_springs(), batch_size=12, generator=generator)
    rest = energy.minimum()
    scatter = torch.stack([force(rest)[:, 0] for _ in range(4000)]).T.cov()
    friction, step = 4.0, 0.02
    motion = Langevin(energy, mass, friction=friction, temperature=0.0, step=step, force=force)
    kinetic = []
    motion.run(
        State(rest, torch.zeros_like(rest)),
        6000,
        watch=lambda n, s: (
            kinetic.append(float((s.velocities * (mass @ s.velocities)).sum())) if n > 500 else None
        ),
    )
    expected = step * float(torch.linalg.solve(mass, scatter).trace()) / (4 * friction)
    assert np.mean(kinetic) == pytest.approx(expected, rel=0.15)


def test_the_noise_is_its_own_and_repeatable(line):
    *_, energy, mass = line
    state, before = State(energy.pull * 0, energy.pull * 0), torch.get_rng_state()
    ends = [
        Langevin(energy, mass, friction=1.0, temperature=1.0).run(state, 5).heights for _ in "ab"
    ]
    assert torch.equal(*ends)
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"friction": -1.0, "temperature": 0.0}, "must not be negative"),
        ({"friction": 1.0, "temperature": -1.0}, "must not be negative"),
        ({"friction": 1.0, "temperature": 0.0, "step": 0.0}, "`step` must be positive"),
        ({"friction": 1.0, "temperature": 0.0, "step": math.inf}, "highest frequency"),
    ],
)
def test_impossible_motions_are_refused(line, options, match):
    *_, energy, mass = line
    with pytest.raises(ValueError, match=match):
        Langevin(energy, mass, **options)
