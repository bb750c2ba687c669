"""What every registered structure loss can do, whatever it is made of."""

import pytest
import torch

import pyg_energyloss as pel
from pyg_energyloss.losses import SpinLoss
from pyg_energyloss.testing import contract_batch

STRUCTURE_LOSSES = [
    name
    for name in pel.registry.names("loss")
    if not isinstance(pel.registry.create("loss", name), SpinLoss)
]


@pytest.mark.parametrize("name", STRUCTURE_LOSSES)
def test_every_structure_loss_takes_a_reduction(name):
    pos_pred, batch = contract_batch()
    each, total, mean = (
        pel.registry.create("loss", name, reduction=reduction)(pos_pred, batch)
        for reduction in ("none", "sum", "mean")
    )
    assert each.shape == (batch.num_graphs,)
    assert total.shape == mean.shape == ()
    if name != "energy_sparse":  # its edges are drawn again at every call
        torch.testing.assert_close(total, each.sum())
        torch.testing.assert_close(mean, each.mean())


@pytest.mark.parametrize("name", STRUCTURE_LOSSES)
def test_every_structure_loss_refuses_an_unknown_reduction(name):
    with pytest.raises(ValueError, match=r"`reduction` must be one of .*; got 'mode'"):
        pel.registry.create("loss", name, reduction="mode")
