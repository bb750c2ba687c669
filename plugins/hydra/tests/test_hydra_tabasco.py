"""TABASCO: called with its path and prediction, composed with its groups."""

from types import SimpleNamespace

import pytest
import torch
from torch_geometric.data import Batch, Data

from pyg_energyloss import PairEnergyLoss

pytest.importorskip("hydra", reason="needs hydra-core")

from pyg_energyloss_hydra.tabasco import TabascoEnergy


@pytest.fixture
def state():
    generator = torch.Generator().manual_seed(0)
    true, pred = torch.randn(2, 2, 5, 3, generator=generator, dtype=torch.float64)
    padding = torch.tensor([[0, 0, 0, 1, 1], [0, 0, 0, 0, 0]])
    path = SimpleNamespace(
        x_1={"coords": true, "padding_mask": padding}, t=torch.tensor([0.2, 0.5])
    )
    data = Batch.from_data_list([Data(pos=true[0, :3]), Data(pos=true[1])])
    flat = torch.cat([pred[0, :3], pred[1]])
    return path, {"coords": pred}, PairEnergyLoss(reduction="none")(flat, data)


def test_it_is_the_energy_of_the_predicted_end_points(state):
    path, pred, expected = state
    value, stats = TabascoEnergy()(path, pred)
    assert torch.allclose(value, expected.mean())
    assert stats["energy_loss"] == value
    assert TabascoEnergy()(path, pred, compute_stats=False)[1] == {}


def test_times_weigh_as_in_its_own_losses(state):
    path, pred, expected = state
    value, _ = TabascoEnergy(time_factor=lambda t: 1 / (1 - t) ** 2)(path, pred)
    assert torch.allclose(value, (expected / (1 - path.t) ** 2).mean())
