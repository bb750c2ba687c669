"""fairchem v1: built without arguments, called with the number of atoms of each system."""

import pytest
import torch
from torch_geometric.data import Batch, Data

from pyg_energyloss import PairEnergyLoss
from pyg_energyloss.hosts import MissingContextError
from pyg_energyloss.hosts.fairchem import FairchemEnergyLoss


@pytest.fixture
def state():
    generator = torch.Generator().manual_seed(0)
    data = Batch.from_data_list([Data(pos=torch.randn(n, 3, generator=generator)) for n in (4, 2)])
    return data.pos + 0.1 * torch.randn(6, 3, generator=generator), data


def test_one_value_per_system(state, monkeypatch):
    pred, data = state
    found = FairchemEnergyLoss()(pred, data.pos, torch.tensor([4, 2]))
    assert torch.equal(found, PairEnergyLoss(reduction="none")(pred, data))
    monkeypatch.setenv("PYG_ENERGYLOSS_FAIRCHEM", "pair_energy?stiffness=inverse&weight=2")
    found = FairchemEnergyLoss()(pred, data.pos, torch.tensor([4, 2]))
    assert torch.allclose(found, 2 * PairEnergyLoss("inverse", reduction="none")(pred, data))


@pytest.mark.parametrize("natoms", [None, torch.tensor([4, 1])])
def test_without_the_atoms_of_each_system_it_raises(state, natoms):
    pred, data = state
    with pytest.raises(MissingContextError, match="`natoms` must give the atoms of each system"):
        FairchemEnergyLoss()(pred, data.pos, natoms)
