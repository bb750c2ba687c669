import re

import pytest
import torch

import pyg_energyloss as pel
from pyg_energyloss import stiffness
from pyg_energyloss.losses import HandednessLoss, LossSum
from pyg_energyloss.testing import assert_loss_contract, contract_batch


def softened(distance):
    return 1 / (1 + distance)


LOSSES = [
    pel.PairEnergyLoss(),
    pel.PairEnergyLoss("constant", normalize="pairs", temperature=0.5),
    pel.PairEnergyLoss("inverse", normalize=None, reduction="sum"),
    pel.PairEnergyLoss("inverse_square", normalize="atoms_squared"),
    pel.PairEnergyLoss(softened),
    pel.PairEnergyLoss(stiffness.BondAware(9.0, angle=2.0, torsion=0.5)),
    pel.PairEnergyLoss(stiffness.ElementPair({(1, 6): 3.0}, stiffness.Exponential())),
    pel.KabschMSELoss(),
    0.9 * pel.PairEnergyLoss() + 0.1 * pel.losses.HandednessLoss(),
]


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: re.sub(r" at 0x\w+", "", repr(loss)))
def test_structure_losses_keep_the_contract(loss, energyloss_contract):
    energyloss_contract(loss)


@pytest.mark.parametrize("loss", [pel.CoordinateMSELoss(), pel.CoordinateMAELoss()], ids=repr)
def test_coordinate_losses_keep_it_but_for_invariance(loss):
    assert_loss_contract(loss, invariant=False)
    with pytest.raises(AssertionError, match="a rigid motion changes the value"):
        assert_loss_contract(loss)


def test_handedness_is_zero_in_a_region_and_knows_flat_structures():
    _, batch = contract_batch()
    values = HandednessLoss(reduction="none")(batch.pos, batch)
    assert (values == 0).all()
    mirrored = HandednessLoss(reduction="none")(-batch.pos, batch)
    assert mirrored[0] == pytest.approx(2.25)
    assert mirrored[1] == 0  # one atom
    assert mirrored[3] == 0  # three atoms lie in a plane


class Scaled(torch.nn.Module):
    def __init__(self, change):
        super().__init__()
        self.change = change
        self.inner = pel.PairEnergyLoss()

    def forward(self, pos_pred, data):
        return self.change(self.inner, pos_pred, data)


def one_graph(inner, pos_pred, data):
    from torch_geometric.data import Data

    pos = data if isinstance(data, torch.Tensor) else data.pos
    return inner(pos_pred, Data(pos=pos))


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda f, p, d: f(p, d) + 1, "the value at the target"),
        (lambda f, p, d: f(p, d).reshape(1), "not that of a scalar"),
        (lambda f, p, d: f(p, d).item(), "not a tensor"),
        (lambda f, p, d: f(p.detach(), d), "has no gradient"),
        (lambda f, p, d: f(p, d).detach() + (p - p.detach()).sum(), "finite differences"),
        (lambda f, p, d: f(p, d) + 1e-3 * (p - d.pos).square().mean(), "rigid motion"),
        (one_graph, "order of the graphs|feels the target|bare tensor"),
        (lambda f, p, d: f(p, d).double(), "give a value in"),
    ],
)
def test_broken_losses_are_found(change, match):
    with pytest.raises(AssertionError, match=match):
        assert_loss_contract(Scaled(change))


def test_sum_of_losses_is_a_loss():
    assert isinstance(LOSSES[-1], LossSum)
