"""Bonds, angles and torsions from the molecular graph."""

import itertools

import pytest
import torch
from torch_geometric.data import Data

from pyg_energyloss.functional.chains import bonded_chains
from pyg_energyloss.losses import AngleLoss, BondLoss, TorsionLoss
from pyg_energyloss.registry import UnknownNameError
from pyg_energyloss.testing import assert_loss_contract


def chains_by_loops(bonds, nodes, length):
    pairs = {frozenset(pair) for pair in bonds.T.tolist()}
    return {
        chain
        for chain in itertools.permutations(range(nodes), length)
        if chain[0] < chain[-1] and all(frozenset(p) in pairs for p in itertools.pairwise(chain))
    }


@pytest.mark.parametrize("length", [2, 3, 4])
def test_chains_are_those_of_a_loop(length):
    bonds = torch.tensor([[0, 1, 2, 2, 3, 0, 4, 1], [1, 2, 3, 4, 0, 1, 2, 0]])
    found = bonded_chains(bonds, 6, length)
    assert {tuple(chain) for chain in found.T.tolist()} == chains_by_loops(bonds, 6, length)
    assert found.size(1) == len(chains_by_loops(bonds, 6, length))


@pytest.mark.parametrize("loss", [BondLoss(), AngleLoss(), TorsionLoss()])
def test_they_keep_the_contract(loss):
    assert_loss_contract(loss)


@pytest.mark.parametrize("loss", [BondLoss(), AngleLoss(), TorsionLoss()])
def test_without_bonds_they_say_so_and_without_chains_they_are_zero(loss):
    pos = torch.randn(4, 3, generator=torch.Generator().manual_seed(0))
    with pytest.raises(ValueError, match=r"`data\.edge_index` must hold the bonds"):
        loss(pos, Data(pos=pos))
    assert loss(2 * pos, Data(pos=pos, edge_index=torch.zeros(2, 0, dtype=torch.long))) == 0
    with pytest.raises(ValueError, match="`length` must be at least 2"):
        bonded_chains(torch.zeros(2, 0, dtype=torch.long), 4, 1)


@pytest.mark.parametrize("loss", [BondLoss, AngleLoss, TorsionLoss])
def test_a_potential_is_known_by_its_name_and_another_name_is_refused(loss):
    assert repr(loss("harmonic").potential) == "Harmonic()"
    with pytest.raises(UnknownNameError, match="l2"):
        loss("l2")
    with pytest.raises(TypeError, match="`potential` must be a name"):
        loss(torch.abs)
