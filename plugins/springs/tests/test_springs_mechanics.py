import numpy as np
import pytest
import torch
from pyg_energyloss_springs import (
    QuadraticEnergy,
    SpringsAndSticks,
    damped_motion,
    make_grids,
    minibatch_force,
    minimum,
    overdamped_motion,
    quadratic_energy,
)
from pyg_energyloss_springs.mechanics import (
    anchor_springs,
    hinge_springs,
    mode_frequencies,
    stick_mass,
)
from pyg_energyloss_springs.mechanics import minimum as minimum_function
from scipy.interpolate import make_lsq_spline

WAYS = [minimum, damped_motion, overdamped_motion]


@pytest.mark.parametrize("way", WAYS)
def test_sticks_come_to_rest_at_scipys_least_squares_spline(line, way):
    model, points, values, *_ = line
    u, y = points[:, 0].numpy(), values[:, 0].numpy()
    knots = np.linspace(u[0], u[-1], 9)
    spline = make_lsq_spline(u, y, np.r_[knots[0], knots, knots[-1]], k=1)
    model.relax(points, values, method=way)
    np.testing.assert_allclose(model(points)[:, 0].detach(), spline(u), atol=1e-6)


@pytest.mark.parametrize("way", WAYS)
def test_a_net_comes_to_rest_at_numpys_least_squares(way):
    rng = np.random.default_rng(0)
    u = rng.random((300, 2))
    y = np.stack([u[:, 0] * np.sin(4 * u[:, 1]), u[:, 1] ** 2], axis=1)
    hats = [
        np.stack([np.interp(u[:, a], np.linspace(0, 1, 5), row) for row in np.eye(5)], axis=1)
        for a in (0, 1)
    ]
    basis = np.einsum("pi,pj->pij", *hats).reshape(300, 25)
    model = SpringsAndSticks(make_grids([0, 0], [1, 1], sticks=4), num_outputs=2).double()
    model.relax(torch.from_numpy(u), torch.from_numpy(y), method=way)
    expected = np.linalg.lstsq(basis, y, rcond=None)[0]
    np.testing.assert_allclose(model.heights.detach(), expected, atol=1e-6)


def test_many_nodes_are_solved_by_iteration_to_the_same_heights(line, monkeypatch):
    model, points, values, *_ = line
    springs = model.springs(points, values)
    dense = minimum(springs)
    monkeypatch.setitem(minimum_function.__globals__, "DENSE_NODES", 2)
    np.testing.assert_allclose(minimum(springs), dense, atol=1e-8)


def test_nodes_that_no_spring_pulls_stay_at_rest():
    model = SpringsAndSticks(make_grids([0.0], [4.0], sticks=4)).double()
    model.rest.fill_(7.0)
    model.relax(*torch.tensor([[[0.0], [1.0]], [[1.0], [2.0]]], dtype=torch.float64))
    np.testing.assert_allclose(model.heights[:, 0].detach(), [1, 2, 7, 7, 7], atol=1e-12)


def test_hinges_continue_straight_where_there_are_no_data():
    model = SpringsAndSticks(make_grids([0.0], [4.0], sticks=4), bending=1e-3).double()
    model.relax(*torch.tensor([[[0.0], [1.0]], [[1.0], [2.0]]], dtype=torch.float64))
    np.testing.assert_allclose(model.heights[:, 0].detach(), [1, 2, 3, 4, 5], atol=1e-9)


def test_hinges_bend_for_nothing_on_a_plane():
    grids = make_grids([0, 0, 0], [1, 1, 1], sticks=3, group_size=3)
    nodes = grids[0].nodes().numpy()
    plane = nodes @ np.array([[1.0], [2.0], [-3.0]]) + 4 + nodes.prod(axis=1, keepdims=True)
    hinges = hinge_springs(grids, stiffness=1.0, num_outputs=1)
    assert len(hinges.stiffness) == 3 * 2 * 4 * 4
    assert abs(hinges.matrix @ plane).max() < 1e-12


def test_one_stick_has_no_hinge():
    assert (
        len(hinge_springs(make_grids([0], [1], sticks=1), stiffness=1.0, num_outputs=1).rest) == 0
    )


def test_the_force_is_the_negative_gradient(line):
    *_, energy, _ = line
    heights = torch.randn(9, 2, dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(energy.value(heights).sum(), heights)
    torch.testing.assert_close(energy.force(heights.detach()), -gradient)


def test_the_kinetic_energy_is_that_of_rods_by_quadrature():
    # A rod with end velocities v, w: the mean over its length of m/2 (velocity)^2.
    mass = stick_mass(make_grids([0, 0], [1, 1], sticks=[2, 1]), mass=0.7)
    velocity = torch.randn(6, dtype=torch.float64)
    along = np.linspace(0, 1, 2001)
    net, expected = velocity.view(3, 2).numpy(), 0.0
    ends = [(net[i, j], net[i + 1, j]) for i in range(2) for j in range(2)]
    ends += [(net[i, 0], net[i, 1]) for i in range(3)]
    for v, w in ends:
        expected += 0.35 * np.trapezoid((v + (w - v) * along) ** 2, along)
    assert float(velocity @ mass @ velocity / 2) == pytest.approx(expected, rel=1e-6)


def test_frequencies_solve_the_eigenvalue_problem(line):
    *_, energy, mass = line
    frequencies = mode_frequencies(energy, mass)
    for w in frequencies[[0, 4, 8]]:
        matrix = energy.stiffness - w**2 * mass
        assert float(torch.linalg.svdvals(matrix)[-1] / torch.linalg.svdvals(matrix)[0]) < 1e-10


def test_a_motion_that_costs_nothing_has_frequency_zero():
    model = SpringsAndSticks(make_grids([0, 0], [1, 1], sticks=2, group_size=1)).double()
    points = torch.rand(50, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    energy = quadratic_energy(model.springs(points, points[:, :1]))
    assert mode_frequencies(energy, model.mass_matrix())[0] == 0
    with pytest.raises(ValueError, match="`bending` or `anchor`"):
        energy.minimum()


def test_a_batch_of_all_springs_is_the_full_force(line):
    model, points, values, energy, _ = line
    generator = torch.Generator().manual_seed(0)
    force = minibatch_force(
        model.data_springs(points, values),
        model.own_springs(),
        batch_size=len(points),
        generator=generator,
    )
    heights = torch.randn(9, 1, dtype=torch.float64)
    torch.testing.assert_close(force(heights), energy.force(heights))


def test_the_force_of_batches_is_right_on_average(line):
    model, points, values, energy, _ = line
    force = minibatch_force(
        model.data_springs(points, values),
        model.own_springs(),
        batch_size=20,
        generator=torch.Generator().manual_seed(0),
    )
    heights = torch.zeros(9, 1, dtype=torch.float64)
    drawn = torch.stack([force(heights) for _ in range(2000)])
    error = drawn.std(dim=0) / 2000**0.5
    assert bool(((drawn.mean(dim=0) - energy.force(heights)).abs() < 5 * error).all())


def test_bad_batches_masses_and_impatience_are_refused(line):
    model, points, values, *_ = line
    with pytest.raises(ValueError, match="`batch_size` must be between 1 and 120"):
        minibatch_force(
            model.data_springs(points, values),
            model.own_springs(),
            batch_size=0,
            generator=torch.Generator(),
        )
    with pytest.raises(ValueError, match="`mass` must be positive"):
        stick_mass(make_grids([0], [1]), mass=0.0)
    springs = model.springs(points, values)
    with pytest.raises(ValueError, match="`max_steps`=100"):
        damped_motion(springs, model.mass_matrix(), friction=1e-6, max_steps=100)
    with pytest.raises(ValueError, match="`max_steps`=1;"):
        overdamped_motion(springs, max_steps=1)


def test_mixing_and_repeating():
    soft = QuadraticEnergy(torch.eye(1), torch.zeros(1, 1), torch.zeros(1))
    stiff = QuadraticEnergy(3 * torch.eye(1), torch.ones(1, 1), torch.ones(1))
    heights = torch.tensor([[2.0]])
    half = soft.mix(stiff, 0.5).value(heights)
    assert float(half) == pytest.approx(0.5 * float(soft.value(heights) + stiff.value(heights)))
    assert stiff.repeat(3).value(heights.expand(1, 3)).tolist() == [5.0] * 3


def test_anchors_may_differ_from_node_to_node():
    springs = anchor_springs(2, np.array([[1.0], [2.0]]), stiffness=np.array([1.0, 3.0]))
    energy = quadratic_energy(springs)
    assert float(energy.value(torch.zeros(2, 1, dtype=torch.float64))) == pytest.approx(0.5 + 6)
