"""The squared error of a crystal: of nearest images, or after the best translation."""

import itertools

import pytest
import torch

from pyg_energyloss.functional import crystal_mse

SKEWED = torch.tensor([[3.0, 0.0, 0.0], [1.4, 2.6, 0.0], [-1.1, 0.9, 2.8]], dtype=torch.float64)


def crystal(count=5, seed=0):
    generator = torch.Generator().manual_seed(seed)
    target = torch.rand(count, 3, dtype=torch.float64, generator=generator) @ SKEWED
    noise = 0.2 * torch.randn(count, 3, dtype=torch.float64, generator=generator)
    return target + noise, target


def by_hand(pred, target, cell):
    """Nearest of many images of each atom."""
    steps = torch.tensor(list(itertools.product(range(-4, 5), repeat=3)), dtype=pred.dtype)
    away = (pred - target)[:, None] + steps @ cell
    return away.square().sum(dim=2).amin(dim=1).sum() / pred.numel()


def test_each_atom_is_compared_with_its_nearest_image():
    pred, target = crystal()
    jump = torch.tensor([[2, 0, -1], [0, 0, 0], [-1, 3, 1], [0, -2, 0], [1, 1, 1]]).double()
    found = crystal_mse(pred + jump @ SKEWED, target, SKEWED)
    torch.testing.assert_close(found[0], by_hand(pred, target, SKEWED))


def test_aligned_positions_may_be_anywhere_wrapped_ones_not():
    pred, target = crystal()
    move = torch.tensor([0.7, -1.3, 0.4], dtype=torch.float64)
    away = pred - target
    best = (away - away.mean(dim=0)).square().mean()
    for origin in (torch.zeros(3), move):
        found = crystal_mse(pred + origin, target, SKEWED, align=True)
        torch.testing.assert_close(found[0], best)
    assert crystal_mse(pred + move, target, SKEWED) > 2 * crystal_mse(pred, target, SKEWED)


def test_a_strained_lattice_with_the_right_fractions_costs_nothing():
    _, target = crystal()
    guess = SKEWED @ torch.diag(torch.tensor([1.1, 0.9, 1.3], dtype=torch.float64))
    pred = target @ torch.linalg.inv(SKEWED) @ guess
    assert crystal_mse(pred, target, SKEWED, cell_pred=guess) < 1e-20


@pytest.mark.parametrize("align", [False, True])
def test_gradients_are_those_of_finite_differences(align):
    pred, target = crystal()
    guess = (1.05 * SKEWED).requires_grad_()
    torch.autograd.gradcheck(
        lambda p, c: crystal_mse(p, target, SKEWED, cell_pred=c, align=align),
        (pred.requires_grad_(), guess),
    )


@pytest.mark.parametrize("align", [False, True])
def test_a_batch_is_the_crystals_one_by_one(align):
    parts = [crystal(3, 1), crystal(1, 2), crystal(4, 3)]
    cells = torch.stack([SKEWED, 1.2 * SKEWED, 0.9 * SKEWED])
    batch = torch.tensor([0, 0, 0, 1, 2, 2, 2, 2])
    pred, target = (torch.cat([part[i] for part in parts]) for i in (0, 1))
    found = crystal_mse(pred, target, cells, batch=batch, num_graphs=3, align=align)
    alone = [crystal_mse(*part, cell, align=align) for part, cell in zip(parts, cells, strict=True)]
    torch.testing.assert_close(found, torch.cat(alone))


def test_axes_that_do_not_repeat_have_no_images():
    pred, target = torch.tensor([[0.0, 3.9]]), torch.zeros(1, 2)
    cell = 4 * torch.eye(2)
    assert crystal_mse(pred, target, cell).item() == pytest.approx(0.1**2 / 2, abs=1e-5)
    slab = crystal_mse(pred, target, cell, pbc=torch.tensor([True, False]))
    assert slab.item() == pytest.approx(3.9**2 / 2)
