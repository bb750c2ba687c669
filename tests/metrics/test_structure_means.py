"""lDDT, distance errors, bond errors, symmetric RMSD: by hand, masked, over batches."""

import sys

import numpy as np
import pytest
import torch
from torch_geometric.data import Batch, Data

from pyg_energyloss.functional import lddt
from pyg_energyloss.testing import contract_batch

pytest.importorskip("torchmetrics")
from pyg_energyloss import metrics

NAMES = ["LDDT", "DistanceMAE", "BondMAE", "SymmetricRMSD"]


def reference_lddt(pred, target, cutoff):
    kept, pairs = 0.0, 0
    for i in range(len(pred)):
        for j in range(len(pred)):
            true = np.linalg.norm(target[i] - target[j])
            if i != j and true < cutoff:
                off = abs(np.linalg.norm(pred[i] - pred[j]) - true)
                kept, pairs = kept + sum(off < limit for limit in (0.5, 1, 2, 4)) / 4, pairs + 1
    return kept / pairs


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_lddt_is_that_of_a_double_loop(dtype):
    pos_pred, batch = contract_batch(dtype)
    graphs = {"batch": batch.batch, "num_graphs": batch.num_graphs}
    found = lddt(2.0 * pos_pred, batch.pos, cutoff=3.0, **graphs)
    for graph, (start, end) in enumerate(zip(batch.ptr[:-1], batch.ptr[1:], strict=True)):
        if end - start > 1:
            pair = (2.0 * pos_pred[start:end].numpy(), batch.pos[start:end].numpy())
            assert found[graph].item() == pytest.approx(reference_lddt(*pair, 3.0), abs=1e-5)


def test_lddt_of_a_lone_atom_is_not_a_number_and_is_left_out_of_the_mean():
    assert lddt(torch.zeros(1, 3), torch.zeros(1, 3)).isnan().all()
    metric = metrics.LDDT()
    metric.update(torch.zeros(1, 3), Data(pos=torch.zeros(1, 3)))
    assert metric.compute().isnan()
    metric.update(torch.tensor([[0.0], [1.0]]), Data(pos=torch.tensor([[0.0], [1.0]])))
    assert metric.compute() == 1


def test_lddt_counts_a_prediction_that_is_not_finite_as_lost():
    target = torch.tensor([[0.0], [1.0], [2.0]])
    astray = torch.tensor([[0.0], [1.0], [torch.nan]])
    torch.testing.assert_close(lddt(astray, target), torch.tensor([1 / 3]))


@pytest.fixture
def chains():
    """Straight chains of 2, 3 and 1 atoms, predictions stretched by 2, 3 and 4."""
    items, pred = [], []
    for size, factor in ((2, 2.0), (3, 3.0), (1, 4.0)):
        pos = torch.zeros(size, 3)
        pos[:, 0] = torch.arange(size, dtype=torch.float)
        rows = torch.arange(size - 1)
        item = Data(pos=pos, z=torch.full((size,), 6), edge_index=torch.stack([rows, rows + 1]))
        items.append(item)
        pred.append(factor * pos)
    return torch.cat(pred), Batch.from_data_list(items)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("LDDT", (0.5 + (2 * 0.25 + 0.0) / 3) / 2),  # off by 1; by 2, 2 and 4
        ("DistanceMAE", (1.0 + (2 + 2 + 4) / 3) / 2),
        ("BondMAE", (1.0 + 2.0) / 2),
        ("SymmetricRMSD", (0.5 + 2 * (2 / 3) ** 0.5 + 0.0) / 3),
    ],
)
def test_the_mean_over_structures_is_that_by_hand(chains, name, expected):
    metric = getattr(metrics, name)()
    metric.update(*chains)
    torch.testing.assert_close(metric.compute(), torch.tensor(expected))


@pytest.mark.parametrize("name", NAMES)
def test_the_parts_of_a_batch_give_what_the_whole_gives(name):
    pos_pred, batch = contract_batch()
    whole, parts = getattr(metrics, name)(), getattr(metrics, name)()
    whole.update(pos_pred, batch)
    for part, pos in zip(
        batch.to_data_list(), pos_pred.split(batch.ptr.diff().tolist()), strict=True
    ):
        parts.update(pos, part)
    torch.testing.assert_close(parts.compute(), whole.compute())
    parts.reset()
    parts.update(pos_pred, batch)
    torch.testing.assert_close(parts.compute(), whole.compute())


@pytest.mark.parametrize("name", NAMES)
def test_a_masked_atom_is_exactly_one_that_is_not_there(name):
    pos_pred, batch = contract_batch(sizes=(6, 2, 9, 5))
    keep = torch.ones(len(pos_pred), dtype=torch.bool)
    keep[torch.tensor([5, 6, 7, 16, 17, 19])] = False  # of the second nothing is left
    parts = zip(batch.to_data_list(), keep.split(batch.ptr.diff().tolist()), strict=True)
    rest = Batch.from_data_list([part.subgraph(there) for part, there in parts])
    deleted, masked = getattr(metrics, name)(), getattr(metrics, name)()
    deleted.update(pos_pred[keep], rest)
    batch.pos_mask = keep
    batch.pos[~keep] = torch.nan
    masked.update(torch.where(keep[:, None], pos_pred, 1e4), batch)
    torch.testing.assert_close(masked.compute(), deleted.compute(), rtol=1e-6, atol=1e-6)


def test_symmetric_rmsd_tells_mirror_images_apart_unless_an_exchange_is_one():
    pos = torch.tensor([[0.0, 0, 0], [1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]])
    bonds = torch.tensor([[0, 0, 0, 0], [1, 2, 3, 4]])
    for z, same in (([6, 1, 9, 17, 35], False), ([6, 1, 1, 17, 35], True)):
        metric = metrics.SymmetricRMSD()
        metric.update(-pos, Data(pos=pos, z=torch.tensor(z), edge_index=bonds))
        assert (metric.compute() < 1e-3) == same


@pytest.mark.parametrize("name", [*NAMES, "Coverage", "StereoAccuracy"])
def test_without_torchmetrics_the_error_names_the_extra(monkeypatch, name):
    monkeypatch.setitem(sys.modules, "torchmetrics", None)
    for module in ("graph_mean", "structure_means", "coverage", "stereo_accuracy"):
        monkeypatch.delitem(sys.modules, f"pyg_energyloss.metrics.{module}", raising=False)
    with pytest.raises(ImportError, match=r"pyg-energyloss\[train\]"):
        getattr(metrics, name)
