"""torch.func over the pair energy and its loss: grad, vmap, jvp and hessian agree with autograd."""

import pytest
import torch
from torch.func import grad, hessian, jvp, vmap
from torch_geometric.data import Data

from pyg_energyloss import PairEnergyLoss, stiffness
from pyg_energyloss.functional import complete_pair_energy, pair_energy

COLUMNS = torch.tensor([[0, 1, 2, 3, 0, 4], [1, 2, 3, 0, 2, 5]])
BATCH = torch.tensor([0, 0, 0, 0, 1, 1])
DATA = {"edge_index": COLUMNS, "energy_edge_index": COLUMNS, "batch": BATCH}


def listed(pred, target):
    options = {"stiffness": stiffness.Exponential(), "batch": BATCH, "num_graphs": 2}
    return pair_energy(pred, target, COLUMNS, **options).sum()


def complete(pred, target):
    options = {"stiffness": stiffness.Exponential(), "batch": BATCH, "num_graphs": 2}
    return complete_pair_energy(pred, target, **options).sum()


def loss_of(edges):
    loss = PairEnergyLoss("exponential", edges=edges)

    def energy(pred, target):
        return loss(pred, Data(pos=target, num_graphs=2, **DATA))

    return energy


ENERGIES = {
    "pair_energy": listed,
    "complete_pair_energy": complete,
    "loss_data": loss_of("data"),
    "loss_complete": loss_of("complete"),
}


@pytest.fixture(params=ENERGIES)
def energy(request, engine):
    return ENERGIES[request.param]


@pytest.fixture
def places(rng):
    return torch.randn(2, 6, 3, generator=rng, dtype=torch.float64)


def gradient_by_autograd(energy, pred, target):
    leaf = pred.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(energy(leaf, target), leaf)
    return gradient


def test_grad(energy, places):
    pred, target = places
    torch.testing.assert_close(
        grad(energy)(pred, target), gradient_by_autograd(energy, pred, target)
    )


def test_vmap_of_the_value_and_of_grad_is_a_loop(energy, places, rng):
    pred, target = torch.randn(3, 6, 3, generator=rng, dtype=torch.float64), places[1]
    values = vmap(energy, (0, None))(pred, target)
    torch.testing.assert_close(values, torch.stack([energy(one, target) for one in pred]))
    gradients = vmap(grad(energy), (0, None))(pred, target)
    expected = [gradient_by_autograd(energy, one, target) for one in pred]
    torch.testing.assert_close(gradients, torch.stack(expected))


def test_jvp_is_the_gradient_along_the_tangent(energy, places, rng):
    pred, target = places
    tangent = torch.randn(6, 3, generator=rng, dtype=torch.float64)
    value, moved = jvp(lambda pos: energy(pos, target), (pred,), (tangent,))
    torch.testing.assert_close(value, energy(pred, target))
    expected = (gradient_by_autograd(energy, pred, target) * tangent).sum()
    torch.testing.assert_close(moved, expected)


def test_hessian_is_that_of_two_backward_passes(energy, places):
    pred, target = places
    found = hessian(lambda pos: energy(pos, target))(pred)
    expected = torch.autograd.functional.hessian(lambda pos: energy(pos, target), pred)
    assert expected.abs().max() > 0
    torch.testing.assert_close(found, expected)


def test_jvp_of_half_precision_is_in_half_precision(engine, places):
    pred, target = places.half()
    _, moved = jvp(lambda pos: complete_pair_energy(pos, target), (pred,), (target,))
    _, wide = jvp(
        lambda pos: complete_pair_energy(pos, target.float()), (pred.float(),), (target.float(),)
    )
    assert moved.dtype == torch.float16
    torch.testing.assert_close(moved.float(), wide, rtol=2e-3, atol=0)
