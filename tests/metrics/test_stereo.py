"""Shares of centres and double bonds that have the right hand."""

import pytest
import torch
from torch_geometric.data import Batch

from pyg_energyloss import metrics, registry
from pyg_energyloss.transforms import RestraintTransform


@pytest.fixture(scope="module")
def batch():
    train = registry.create("dataset", "qm9_small")["train"]
    return Batch.from_data_list([train[i] for i in range(0, 200, 10)])


def test_the_truth_is_all_right_and_its_mirror_image_all_wrong_in_centres(batch):
    evaluator = registry.create("evaluator", "stereo")
    true, mirrored = evaluator(batch.pos, batch), evaluator(-batch.pos, batch)
    assert true["right_centres"].shape == (batch.num_graphs,)
    assert true["right_centres"].nanmean() == 1
    assert mirrored["right_centres"].nanmean() == 0
    torch.testing.assert_close(
        true["right_double_bonds"], mirrored["right_double_bonds"], equal_nan=True
    )
    assert true["right_centres"].isnan().any()


def test_stored_terms_give_the_same_shares(batch):
    items = [RestraintTransform()(item) for item in batch.to_data_list()]
    moved = batch.pos + 0.3 * torch.randn(
        batch.pos.shape, generator=torch.Generator().manual_seed(0)
    )
    stored = metrics.StereoEvaluator()(moved, Batch.from_data_list(items))
    plain = metrics.StereoEvaluator()(moved, batch)
    for key, value in plain.items():
        torch.testing.assert_close(stored[key], value, equal_nan=True)


def test_the_accuracy_counts_over_batches(batch):
    pytest.importorskip("torchmetrics")
    metric = metrics.StereoAccuracy()
    right, _, _ = metrics.stereo_right(batch.pos, batch)
    wrong, _, _ = metrics.stereo_right(-batch.pos, batch)
    metric.update(batch.pos, batch)
    metric.update(-batch.pos, batch)
    expected = (right.sum() + wrong.sum()) / (2 * len(right))
    assert metric.compute().item() == pytest.approx(expected.item())
    assert 0 < metric.compute() < 1
