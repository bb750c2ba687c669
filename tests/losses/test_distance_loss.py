"""Distance and lDDT losses: numbers by hand, the contract, wrong options."""

import pytest
import torch
from torch_geometric.data import Data

import pyg_energyloss as pel
from pyg_energyloss.testing import assert_loss_contract, contract_batch


def test_distance_errors_are_means_over_pairs():
    pos_pred, batch = contract_batch()
    rows = slice(0, 5)
    error = torch.pdist(pos_pred[rows]) - torch.pdist(batch.pos[rows])
    one = Data(pos=batch.pos[rows])
    torch.testing.assert_close(pel.DistanceLoss("l1")(pos_pred[rows], one), error.abs().mean())
    torch.testing.assert_close(pel.DistanceLoss("l2")(pos_pred[rows], one), error.square().mean())


def test_lddt_counts_the_pairs_within_the_cutoff():
    pos_pred, batch = contract_batch()
    rows = slice(6, 15)
    true = torch.pdist(batch.pos[rows])
    off = (torch.pdist(pos_pred[rows]) - true).abs()[true < 3.0]
    lost = torch.stack([torch.sigmoid(off - limit) for limit in (0.5, 1.0, 2.0, 4.0)]).mean()
    found = pel.SmoothLDDTLoss(cutoff=3.0)(pos_pred[rows], Data(pos=batch.pos[rows]))
    torch.testing.assert_close(found, lost)


def test_they_keep_the_contract():
    assert_loss_contract(pel.DistanceLoss("l1"))
    assert_loss_contract(pel.DistanceLoss("huber"))
    assert_loss_contract(pel.SmoothLDDTLoss(), zero_at_target=False)


def test_an_unknown_error_is_refused():
    with pytest.raises(ValueError, match="`error` must be one of l1, l2, huber; got 'l3'"):
        pel.DistanceLoss("l3")
