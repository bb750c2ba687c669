import math

import numpy as np
import pytest
import torch
from pyg_energyloss_springs import (
    QuadraticEnergy,
    entropy_rates,
    equipartition,
    free_energy,
    jarzynski,
    learning_barrier,
    measure_work,
    move_data,
    quadratic_energy,
    release,
    sample_equilibrium,
    switch,
)
from pyg_energyloss_springs.mechanics import (
    anchor_springs,
    data_springs,
    equilibrium_moments,
    evolve,
)
from pyg_energyloss_springs.mechanics.moments import Moments
from pyg_energyloss_springs.thermodynamics import entropy, minimum_energy
from scipy.integrate import dblquad

T = 0.1


def test_the_free_energy_is_minus_t_log_of_the_integral():
    stiffness = torch.tensor([[2.0, 0.5], [0.5, 1.0]], dtype=torch.float64)
    energy = QuadraticEnergy(
        stiffness,
        torch.tensor([[0.3], [-0.2]], dtype=torch.float64),
        torch.tensor([0.7], dtype=torch.float64),
    )

    def weight(x, y):
        return math.exp(-float(energy.value(torch.tensor([[x], [y]], dtype=torch.float64))) / 0.5)

    total = dblquad(weight, -6, 6, -6, 6, epsabs=1e-8)[0]
    assert free_energy(energy, temperature=0.5) == pytest.approx(-0.5 * math.log(total), abs=1e-6)
    assert free_energy(energy, temperature=0.0) == minimum_energy(energy)


def test_the_least_energy_is_half_the_sum_of_squares(line):
    model, points, values, energy, _ = line
    model.relax(points, values)
    residual = (model(points) - values).detach()
    assert minimum_energy(energy) == pytest.approx(float(residual.square().sum()) / 2)


def protocols(line):
    model, points, values, energy, _ = line
    own = anchor_springs(9, np.zeros(1), stiffness=0.1)
    held = quadratic_energy(model.data_springs(points, values) + own)
    stiff = quadratic_energy(data_springs(points, values, model.grids, stiffness=3.0) + own)
    return {
        "stiffen": switch(held, stiff),
        "move": move_data(points, 0.8 * values, values, model.grids, other=own),
        "release": release(energy, torch.zeros_like(energy.pull), clamp=20.0, temperature=T),
    }


@pytest.mark.parametrize("name", ["stiffen", "move", "release"])
def test_jarzynski_gives_the_exact_free_energy_change(line, name):
    protocol, mass = protocols(line)[name], line[-1]
    ends = [free_energy(protocol(share), temperature=T) for share in (0.0, 1.0)]
    made = measure_work(
        protocol,
        mass,
        temperature=T,
        friction=2.0,
        num_steps=2000,
        num_repeats=400,
        generator=torch.Generator().manual_seed(0),
    )
    found = jarzynski(made.work, temperature=T)
    assert found.error < 0.2 * T
    assert abs(found.value - (ends[1] - ends[0])) < 3 * found.error
    # The second law, and the first: what is not dissipated comes from somewhere.
    assert found.dissipated > 0
    assert float(made.work.mean()) > ends[1] - ends[0]


def test_moving_data_mixes_the_values_and_not_the_energies(line):
    model, points, values, *_ = line
    own = anchor_springs(9, np.zeros(1), stiffness=0.1)
    halfway = move_data(points, -values, values, model.grids, other=own, stiffness=2.0)(0.25)
    springs = data_springs(points, -0.5 * values, model.grids, stiffness=2.0) + own
    torch.testing.assert_close(halfway.pull, quadratic_energy(springs).pull)
    torch.testing.assert_close(halfway.offset, quadratic_energy(springs).offset)


def test_moving_data_changes_the_free_energy_by_the_least_energy_at_any_temperature(line):
    protocol = protocols(line)["move"]
    ends = [protocol(share) for share in (0.0, 1.0)]
    cold = minimum_energy(ends[1]) - minimum_energy(ends[0])
    for temperature in (0.1, 10.0):
        warm = [free_energy(end, temperature=temperature) for end in ends]
        assert warm[1] - warm[0] == pytest.approx(cold, abs=1e-9)


def test_heat_is_what_is_left_of_the_work(line):
    *_, energy, mass = line
    made = measure_work(
        lambda _: energy,
        mass,
        temperature=T,
        friction=1.0,
        num_steps=50,
        num_repeats=200,
        generator=torch.Generator().manual_seed(0),
    )
    assert made.work.abs().max() < 1e-9
    # In equilibrium no heat flows on average.
    assert abs(float(made.heat.mean())) < 4 * float(made.heat.std()) / 200**0.5


def test_work_counts_all_outputs():
    spring = QuadraticEnergy(
        torch.eye(1).double(), torch.zeros(1, 2).double(), torch.zeros(2).double()
    )
    lifted = QuadraticEnergy(spring.stiffness, spring.pull, torch.tensor([1.0, 2.0]).double())
    made = measure_work(
        switch(spring, lifted),
        torch.eye(1).double(),
        temperature=T,
        friction=1.0,
        num_steps=10,
        num_repeats=5,
        generator=torch.Generator().manual_seed(0),
    )
    assert made.work.tolist() == pytest.approx([3.0] * 5)


def test_gaussian_work_has_jarzynskis_cumulants():
    work = 2 + 0.5 * torch.randn(20_000, generator=torch.Generator().manual_seed(0)).double()
    found = jarzynski(work, temperature=1.0)
    assert found.value == pytest.approx(2 - 0.125, abs=4 * found.error)
    assert found.error == pytest.approx(math.sqrt(math.expm1(0.25) / 20_000), rel=0.15)
    assert 20_000 * 0.7 < found.effective_samples < 20_000 * 0.85  # exp(-0.25) = 0.78


def test_huge_work_does_not_overflow():
    assert jarzynski(torch.tensor([1e6, 1e6 + 1.0]), temperature=1.0).value == pytest.approx(
        1e6 + 0.3799, abs=1e-3
    )


def test_the_clamp_fades_from_full_to_nothing(line):
    *_, energy, _ = line
    protocol = release(energy, torch.ones(9, 1).double(), clamp=5.0, temperature=T)
    grips = [(protocol(s).stiffness - energy.stiffness).diagonal() for s in (0.0, 0.3, 0.7, 1.0)]
    assert grips[0].tolist() == pytest.approx([5.0] * 9)
    assert grips[-1].tolist() == pytest.approx([0.0] * 9)
    assert grips[0][0] > grips[1][0] > grips[2][0] > 0


def test_entropy_of_a_relaxation_balances(line):
    *_, energy, mass = line
    rest = equilibrium_moments(energy, mass, T)
    now = Moments(torch.zeros_like(rest.mean), 0.3 * rest.covariance)
    first, times, rates = now, np.linspace(0, 12, 3001), []
    for _ in times:
        rates.append(entropy_rates(now, mass, friction=2.0, temperature=T))
        now = evolve(now, energy, mass, friction=2.0, temperature=T, duration=12 / 3000)
    assert min(rate.production for rate in rates) >= 0
    change = np.trapezoid([rate.change for rate in rates], times)
    assert change == pytest.approx(entropy(rest) - entropy(first), rel=1e-4)
    precision = torch.linalg.inv(rest.covariance)
    away = first.mean - rest.mean
    distance = 0.5 * (18 * (0.3 - 1 - math.log(0.3)) + float((away * (precision @ away)).sum()))
    assert np.trapezoid([rate.production for rate in rates], times) == pytest.approx(
        distance, rel=1e-3
    )
    end = entropy_rates(rest, mass, friction=2.0, temperature=T)
    assert end.production == pytest.approx(0, abs=1e-10)


def test_at_the_barrier_the_sticks_know_no_more_than_the_mean(line):
    model, points, values, energy, mass = line
    data = model.data_springs(points, values)
    barrier = learning_barrier(data, energy)
    assert barrier.modes == pytest.approx(9)
    drawn = sample_equilibrium(
        energy.repeat(4000),
        mass,
        temperature=barrier.temperature,
        generator=torch.Generator().manual_seed(0),
    )
    predicted = torch.from_numpy(data.matrix @ drawn.heights.numpy())
    errors = (predicted - values).square().mean(dim=0)
    flat = float((values - values.mean()).square().mean())
    assert float(errors.mean()) == pytest.approx(flat, abs=4 * float(errors.std()) / 4000**0.5)


def test_more_sticks_stop_learning_at_a_lower_temperature():
    from pyg_energyloss_springs.app.problem import toy_problem
    from pyg_energyloss_springs.app.thermal import ThermalSystem

    problem = toy_problem("sine", points=200, noise=0.1, seed=0)
    found = [ThermalSystem(problem, sticks=n, group_size=1).barrier.temperature for n in (4, 8, 16)]
    assert found[0] > found[1] > found[2]


def test_samples_of_equilibrium_are_in_equilibrium(line):
    *_, energy, mass = line
    generator = torch.Generator().manual_seed(1)
    state = sample_equilibrium(energy.repeat(5000), mass, temperature=T, generator=generator)
    assert equipartition(energy, state.heights, temperature=T).is_fulfilled
    kinetic = 0.5 * (state.velocities * (mass @ state.velocities)).sum(dim=0)
    assert float(kinetic.mean()) == pytest.approx(9 * T / 2, rel=0.03)


def test_what_makes_no_sense_is_refused(line):
    *_, energy, mass = line
    with pytest.raises(ValueError, match="at least two runs"):
        jarzynski(torch.zeros(1), temperature=1.0)
    with pytest.raises(ValueError, match="`temperature` must be positive"):
        jarzynski(torch.zeros(3), temperature=0.0)
    with pytest.raises(ValueError, match="`temperature` must be positive"):
        equipartition(energy, torch.zeros(9, 2).double(), temperature=0.0)
    with pytest.raises(ValueError, match="`temperature` must be positive"):
        entropy_rates(equilibrium_moments(energy, mass, T), mass, friction=1.0, temperature=0.0)
    with pytest.raises(ValueError, match="`clamp` must be positive"):
        release(energy, torch.zeros_like(energy.pull), clamp=0.0, temperature=T)
    with pytest.raises(ValueError, match="`num_steps` and `num_repeats`"):
        measure_work(
            lambda _: energy,
            mass,
            temperature=T,
            friction=1.0,
            num_steps=0,
            num_repeats=1,
            generator=torch.Generator(),
        )
