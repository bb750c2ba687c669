"""Facts about the superposition: derivatives, weights, degenerate shapes."""

import pytest
import torch
from torch.autograd import gradcheck, gradgradcheck

from pyg_energyloss.functional import coordinate_mse, kabsch_mse, kabsch_rotation
from pyg_energyloss.testing import hostile_positions


def points(seed, nodes=9, dim=3):
    rng = torch.Generator().manual_seed(seed)
    return torch.randn(nodes, dim, generator=rng, dtype=torch.float64)


@pytest.mark.parametrize("dim", [2, 3])
def test_with_mirror_the_nearer_of_both_hands_counts(dim):
    batch, weight = torch.tensor([0, 0, 0, 0, 1, 1, 1, 1, 1]), points(10)[:, 0].abs() + 0.1
    about = {"batch": batch, "num_graphs": 2, "node_weight": weight}
    flip = torch.tensor([-1.0] + [1.0] * (dim - 1), dtype=torch.float64)
    for seed in range(5):
        pred, target = points(seed, dim=dim), points(seed + 20, dim=dim)
        hands = [kabsch_mse(pred, image, **about) for image in (target, target * flip)]
        found = kabsch_mse(pred, target, mirror=True, **about)
        torch.testing.assert_close(found, torch.minimum(*hands))
        assert kabsch_mse(target * flip, target, mirror=True).item() < 1e-12
    pair = (pred.requires_grad_(), target.requires_grad_())
    assert gradcheck(lambda *both: kabsch_mse(*both, mirror=True, **about), pair)
    assert gradgradcheck(lambda *both: kabsch_mse(*both, mirror=True, **about), pair)


@pytest.mark.parametrize("dim", [2, 3, 4])
@pytest.mark.parametrize("mirrored", [False, True])
def test_the_second_derivative_turns_the_rotation(dim, mirrored):
    batch, weight = torch.tensor([0, 0, 0, 0, 1, 1, 1, 1, 1]), points(10)[:, 0].abs()

    def error(pos_pred, pos_target):
        return kabsch_mse(pos_pred, pos_target, batch=batch, num_graphs=2, node_weight=weight + 0.1)

    pred, target = points(0, dim=dim), points(1, dim=dim)
    if mirrored:
        target = 0.2 * target + pred * torch.tensor([-1.0] + [1.0] * (dim - 1))
    pair = (pred.requires_grad_(), target.requires_grad_())
    assert gradcheck(error, pair)
    assert gradgradcheck(error, pair)


def test_a_rigid_rotation_is_a_direction_of_no_curvature():
    target, generator = points(2), torch.tensor([[0.0, 1, 0], [-1, 0, 0], [0, 0, 0]]).double()
    pos = target.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(kabsch_mse(pos, target).sum(), pos, create_graph=True)
    turn = (target - target.mean(dim=0)) @ generator
    (curved,) = torch.autograd.grad((gradient * turn).sum(), pos)
    assert curved.abs().max() < 1e-12


def test_the_rotation_has_the_derivative_of_finite_differences():
    covariance = points(3, 6).reshape(2, 3, 3).requires_grad_()
    assert gradcheck(kabsch_rotation, (covariance,))


def test_third_derivatives_say_so():
    pos, target = points(4).requires_grad_(), points(5)
    (first,) = torch.autograd.grad(kabsch_mse(pos, target).sum(), pos, create_graph=True)
    with pytest.raises(NotImplementedError, match="third derivatives of the Kabsch"):
        torch.autograd.grad(first.square().sum(), pos, create_graph=True)


@pytest.mark.parametrize("shape", ["coincident", "collinear", "planar", "tiny", "huge", "far away"])
def test_second_derivatives_of_degenerate_shapes_are_finite(shape):
    rng = torch.Generator().manual_seed(6)
    for dtype in (torch.float32, torch.float64):
        target = hostile_positions(shape, 6, dtype, rng)
        pos = hostile_positions(shape, 6, dtype, rng).requires_grad_()
        (first,) = torch.autograd.grad(kabsch_mse(pos, target).sum(), pos, create_graph=True)
        (second,) = torch.autograd.grad(first.sum(), pos)
        assert first.isfinite().all()
        assert second.isfinite().all()


def test_weights_pull_the_superposition_to_the_heavy_atoms():
    target, pred = points(7), points(7).clone()
    pred[0] += 5.0  # one atom astray
    weight = torch.ones(9, dtype=torch.float64)
    weight[0] = 0.0
    assert kabsch_mse(pred, target, node_weight=weight) < 1e-12 < kabsch_mse(pred, target)


def test_weights_are_repeated_atoms():
    target, pred = points(8), points(9)
    weight = torch.tensor([1.0, 2, 3, 1, 1, 1, 1, 1, 1]).double()
    again = torch.repeat_interleave(torch.arange(9), weight.long())
    for function in (kabsch_mse, coordinate_mse):
        expected = function(pred[again], target[again])
        torch.testing.assert_close(function(pred, target, node_weight=weight), expected)


@pytest.mark.parametrize(
    ("weight", "error", "match"),
    [
        (torch.ones(3), ValueError, r"`node_weight` must have one entry per node \(9\)"),
        (torch.ones(9, 1), ValueError, "one entry per node"),
        ([1.0] * 9, TypeError, "`node_weight` must be a tensor of real numbers"),
        (torch.ones(9, dtype=torch.complex64), TypeError, "real numbers .* got torch.complex64"),
    ],
)
def test_bad_weights_are_refused(weight, error, match):
    with pytest.raises(error, match=match):
        kabsch_mse(points(0), points(1), node_weight=weight)
