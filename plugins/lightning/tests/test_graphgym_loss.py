"""GraphGym's loss registry: ours answers to its own names only, and asks for the batch."""

import pytest
import torch
from torch_geometric.data import Batch, Data

from pyg_energyloss import PairEnergyLoss
from pyg_energyloss.hosts import HostContext, MissingContextError, set_context

pytest.importorskip("yacs", reason="GraphGym needs yacs")
pytest.importorskip("lightning", reason="GraphGym needs lightning")

from pyg_energyloss_lightning.factories import lightning_pytorch
from pyg_energyloss_lightning.graphgym import KEY, GraphGymBatch, energy_loss, register
from torch_geometric.graphgym.config import cfg, set_cfg
from torch_geometric.graphgym.loss import compute_loss
from torch_geometric.graphgym.register import loss_dict


@pytest.fixture(autouse=True)
def graphgym():
    set_cfg(cfg)
    register()
    register()
    yield
    loss_dict.pop(KEY, None)
    set_cfg(cfg)


@pytest.fixture
def batch():
    generator = torch.Generator().manual_seed(0)
    graphs = [Data(x=torch.randn(n, 4, generator=generator)) for n in (4, 3)]
    for graph in graphs:
        graph.y = torch.randn(len(graph.x), 3, generator=generator)
        graph.train_mask = torch.arange(len(graph.x)) != 1
    return Batch.from_data_list(graphs)


@pytest.mark.parametrize("name", ["mse", "cross_entropy", "somebody_elses"])
def test_other_names_are_left_to_graphgym(name):
    cfg.model.loss_fun = name
    assert energy_loss(torch.zeros(2, 3), torch.ones(2, 3)) is None


def test_its_own_mse_stays_its_own():
    cfg.model.loss_fun = "mse"
    assert compute_loss(torch.zeros(2, 3), torch.ones(2, 3))[0] == 1


def test_without_a_batch_it_raises():
    cfg.model.loss_fun = "pair_energy"
    with pytest.raises(MissingContextError, match="outside of a batch context"):
        compute_loss(torch.zeros(2, 3), torch.ones(2, 3))


def test_masked_rows_get_the_masked_batch_vector(batch):
    cfg.model.loss_fun = "pair_energy?normalize=null"
    set_context(HostContext(GraphGymBatch(batch)))
    batch.split = "train"  # GraphGym says so after the step has begun
    mask = batch.train_mask
    pred = (batch.y + 0.3 * batch.x[:, :3])[mask]
    loss, shown = compute_loss(pred, batch.y[mask])
    kept = Batch.from_data_list([Data(pos=g.y[g.train_mask]) for g in batch.to_data_list()])
    assert torch.allclose(loss, PairEnergyLoss(normalize=None)(pred, kept))
    assert torch.equal(shown, pred)


def test_edges_are_used_unless_rows_are_missing(batch):
    batch.energy_edge_index = torch.tensor([[0, 2], [2, 0]])
    wrapped = GraphGymBatch(batch)
    assert wrapped.energy_edge_index is batch.energy_edge_index
    batch.split = "train"
    assert wrapped.energy_edge_index is None
    batch.train_mask[:] = True
    assert wrapped.energy_edge_index is batch.energy_edge_index


def test_structures_in_one_dimension_survive_the_squeeze(batch):
    cfg.model.loss_fun = "pair_energy"
    set_context(HostContext(GraphGymBatch(batch)))
    loss, _ = compute_loss(batch.y[:, :1] * 1.1, batch.y[:, :1])
    assert loss > 0


def test_one_graph_is_one_graph(batch):
    graph = batch.to_data_list()[0]
    assert GraphGymBatch(graph).batch.tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("name", "count"),
    [("mse", 0), ("cross_entropy", 0), ("l2", 0), ("", 0), ("kabsch", 1), ("pair_energy?a=1", 1)],
)
def test_a_trainer_gets_a_callback_only_for_our_losses(name, count):
    loss_dict.pop(KEY)
    cfg.model.loss_fun = name
    assert len(lightning_pytorch()) == count
    assert (KEY in loss_dict) == bool(count)
