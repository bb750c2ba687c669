"""The path of the front page is the program's: a data set with a transform, one loss swapped."""

import pytest
import torch
from torch_geometric.data import Data, InMemoryDataset

pytest.importorskip("lightning", reason="training needs Lightning")
from pyg_energyloss import PairEnergyLoss, registry
from pyg_energyloss.data import as_splits
from pyg_energyloss.experiments.structures.tasks import make_task
from pyg_energyloss.experiments.structures.training import StructureTraining
from pyg_energyloss.transforms import RigidEdgeTransform

from .specs import structure


class Own(InMemoryDataset):
    def __init__(self, transform):
        super().__init__(None, transform)
        generator = torch.Generator().manual_seed(0)
        self.data, self.slices = self.collate(
            [
                Data(
                    z=torch.tensor([6, 8, 6, 7, 1, 1]),
                    pos=1.4 * torch.randn(6, 3, generator=generator),
                )
                for _ in range(20)
            ]
        )


class Recording(PairEnergyLoss):
    def __init__(self):
        super().__init__("exponential")
        self.edges = []

    def forward(self, pos_pred, data):
        self.edges.append(data.energy_edge_index)
        return super().forward(pos_pred, data)


def trained(steps, start=0):
    """The edges that the loss sees, and its values, from a step on."""
    splits = as_splits(Own(RigidEdgeTransform("k_regular", k=2)))
    spec = structure(batch_size=16)
    network = registry.create("model", "gnn", channels=8, layers=1)
    training = StructureTraining(spec, network, Recording(), make_task(spec), splits)
    stream = training.loader.stream(start)
    values = [
        training.losses(next(stream), training.generator(start + step))["loss"]
        for step in range(steps)
    ]
    return training.loss.edges, values


def test_the_loss_sees_the_edges_of_the_transform_redrawn_in_every_pass():
    edges, values = trained(3)
    assert all(torch.isfinite(value) for value in values)
    # 2-regular graphs of 6 atoms: 6 pairs, both directions, of 16 structures.
    assert [e.shape for e in edges] == [(2, 16 * 12)] * 3
    local = [{tuple(pair) for pair in e[:, :12].T.tolist()} for e in edges]
    assert local[0] != local[1]


def test_a_resumed_run_sees_the_draws_that_an_uninterrupted_one_would_have_seen():
    edges, _ = trained(3)
    resumed, _ = trained(1, start=2)
    assert torch.equal(resumed[0], edges[2])
