"""A loss on padded positions is the loss on the flat ones."""

import pytest
import torch
from torch_geometric.data import Batch, Data

import pyg_energyloss as pel
from pyg_energyloss.losses import PaddedLoss

NAMES = ["energy", "energy_absolute", "energy_kabsch", "distance_l1", "lddt", "kabsch", "mse"]
SIZES = (5, 7)


def padded(dtype=torch.float64):
    """Predictions [2, 3, 7, 3], targets [2, 1, 7, 3], mask [2, 1, 7]; the padding is astray."""
    rng = torch.Generator().manual_seed(0)
    target = torch.randn(2, 1, 7, 3, generator=rng, dtype=dtype)
    pred = target + 0.3 * torch.randn(2, 3, 7, 3, generator=rng, dtype=dtype)
    mask = torch.arange(7) < torch.tensor(SIZES)[:, None, None]
    weights = torch.rand(2, 1, 7, generator=rng, dtype=dtype) + 0.5
    target[~mask] = torch.nan
    pred[~mask.expand(2, 3, 7)] = 1e4
    return pred.requires_grad_(), target, mask, weights


@pytest.mark.parametrize("name", NAMES)
def test_every_sample_gets_the_value_and_gradient_of_the_flat_loss(name):
    pred, target, mask, weights = padded()
    inner = pel.registry.create("loss", name)
    found = PaddedLoss(inner)(pred, target, mask=mask, weights=weights)
    assert found.shape == (2, 3)
    flat, items = [], []
    for structure, size in enumerate(SIZES):
        for sample in range(3):
            flat.append(pred[structure, sample, :size])
            items.append(
                Data(pos=target[structure, 0, :size], pos_weight=weights[structure, 0, :size])
            )
    expected = pel.losses.per_graph(inner)(torch.cat(flat), Batch.from_data_list(items))
    torch.testing.assert_close(found.reshape(-1), expected)
    scale = torch.linspace(1.0, 2.0, 6, dtype=pred.dtype)
    (gradient,) = torch.autograd.grad((found.reshape(-1) * scale).sum(), pred)
    (wanted,) = torch.autograd.grad((expected * scale).sum(), pred)
    torch.testing.assert_close(gradient, wanted)


def test_without_mask_and_weights_all_entries_are_atoms():
    rng = torch.Generator().manual_seed(1)
    pred, target = torch.randn(2, 4, 6, 3, generator=rng)
    found = PaddedLoss(pel.KabschMSELoss())(pred, target)
    batch = Batch.from_data_list([Data(pos=pos) for pos in target])
    expected = pel.KabschMSELoss(reduction="none")(pred.reshape(-1, 3), batch)
    torch.testing.assert_close(found, expected)


def test_a_mask_of_numbers_and_no_structures_at_all():
    pred, target, mask, _ = padded()
    loss = PaddedLoss(pel.PairEnergyLoss())
    assert torch.equal(loss(pred, target, mask=mask.int()), loss(pred, target, mask=mask))
    assert loss(pred[:0], target[:0]).shape == (0, 3)


def test_wrong_shapes_are_refused():
    pred, target, mask, weights = padded()
    loss = PaddedLoss(pel.KabschMSELoss())
    with pytest.raises(ValueError, match=r"`pos_pred` must have shape \[..., max_nodes, dim\]"):
        loss(pred[0, 0], target[0, 0])
    with pytest.raises(ValueError, match=r"`pos_target` must have shape \(2, 3, 7, 3\)"):
        loss(pred, target[:, :, :5])
    with pytest.raises(ValueError, match=r"`mask` must have shape \(2, 3, 7\)"):
        loss(pred, target, mask=mask[:, 0])
    with pytest.raises(ValueError, match=r"`weights` must have shape \(2, 3, 7\)"):
        loss(pred, target, weights=weights[..., :2])
