"""Facts about the RMSD as a loss."""

import pytest
import torch
from torch.autograd import gradcheck, gradgradcheck

import pyg_energyloss as pel
from pyg_energyloss.functional import kabsch_mse, kabsch_rmsd


def points(seed, nodes=9, dtype=torch.float64):
    rng = torch.Generator().manual_seed(seed)
    return torch.randn(nodes, 3, generator=rng, dtype=dtype)


def test_it_is_the_root_of_the_squared_error_per_atom():
    batch = torch.tensor([0, 0, 0, 0, 1, 1, 1, 1, 1])
    about = {"batch": batch, "num_graphs": 2, "node_weight": points(2)[:, 0].abs()}
    for mirror in (False, True):
        square = kabsch_mse(points(0), points(1), mirror=mirror, **about)
        found = kabsch_rmsd(points(0), points(1), mirror=mirror, softening=1e-9, **about)
        torch.testing.assert_close(found, (3 * square).sqrt())


@pytest.mark.parametrize("seed", [0, 3])
def test_its_derivatives_are_those_of_finite_differences(seed):
    pair = (points(seed).requires_grad_(), points(seed + 1).requires_grad_())
    assert gradcheck(kabsch_rmsd, pair)
    assert gradgradcheck(kabsch_rmsd, pair)


def test_at_the_true_structure_value_and_slope_are_zero():
    target = points(5)
    pos = target.clone().requires_grad_()
    value = kabsch_rmsd(pos, target).sum()
    (slope,) = torch.autograd.grad(value, pos)
    assert value.item() == pytest.approx(0.0, abs=1e-9)
    assert slope.abs().max() < 1e-6


def test_its_pull_does_not_fade_as_that_of_a_square_does():
    target, direction = points(5), points(6)
    pulls = []
    for size in (1.0, 0.1):
        pos = (target + size * direction).requires_grad_()
        (slope,) = torch.autograd.grad(kabsch_rmsd(pos, target).sum(), pos)
        pulls.append(slope.norm())
    assert pulls[1] > 0.9 * pulls[0]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_an_exploded_structure_has_a_finite_value_and_pull(dtype):
    pos = (1e30 * points(0)).to(dtype).requires_grad_()
    value = kabsch_rmsd(pos, points(1).to(dtype))
    value.sum().backward()
    assert value.dtype == dtype
    assert value.isfinite().all()
    assert pos.grad.isfinite().all()


@pytest.mark.parametrize("softening", [0.0, -1.0, float("nan")])
def test_a_softening_that_is_no_length_is_refused(softening):
    with pytest.raises(ValueError, match="`softening` must be a positive length"):
        kabsch_rmsd(points(0), points(1), softening=softening)
    with pytest.raises(ValueError, match="`softening` must be a positive length"):
        pel.RMSDLoss(softening=softening)


def test_the_sparse_form_of_the_multiscale_energy_is_that_energy_on_all_pairs():
    pos_pred, batch = pel.testing.contract_batch(torch.float64)
    dense = pel.registry.create("loss", "multiscale", l1_weight=0.0, reduction="none")
    sparse = pel.registry.create(
        "loss",
        "multiscale_sparse",
        l1_weight=0.0,
        reduction="none",
        edges_per_atom=99.0,
    )
    torch.testing.assert_close(sparse(pos_pred, batch), dense(pos_pred, batch))
