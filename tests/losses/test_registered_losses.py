"""What every registered structure loss can do, whatever it is made of."""

import pytest
import torch
from torch_geometric.data import Batch

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


#: Laws for which kernels in single precision would be compiled for this test alone.
OWN_KERNEL = {"energy_absolute", "energy_constant", "energy_inverse", "energy_inverse_square"}


@pytest.mark.parametrize(
    ("name", "dtype"),
    [
        pytest.param(name, dtype, marks=pytest.mark.slow if single and name in OWN_KERNEL else ())
        for name in sorted({*STRUCTURE_LOSSES} - {"neighbour_energy"})  # a plugin's
        for dtype, single in ((torch.float32, True), (torch.float64, False))
    ],
)
def test_a_masked_atom_is_exactly_one_that_is_not_there(name, dtype):
    pos_pred, batch = contract_batch(dtype, sizes=(6, 2, 9, 5))
    keep = torch.ones(len(pos_pred), dtype=torch.bool)
    keep[torch.tensor([5, 16, 17, 19])] = False
    weight = torch.linspace(0.5, 2.0, len(pos_pred), dtype=dtype)
    parts = zip(batch.to_data_list(), keep.split(batch.ptr.diff().tolist()), strict=True)
    rest = Batch.from_data_list([part.subgraph(present) for part, present in parts])
    rest.pos_weight = weight[keep]
    deleted = pos_pred[keep].clone().requires_grad_()
    options = {} if name != "energy_sparse" else {"edges_per_atom": 99.0}
    loss = pel.registry.create("loss", name, reduction="none", **options)
    expected = loss(deleted, rest)
    expected.sum().backward()
    batch.pos_weight, batch.pos_mask = weight, keep
    batch.pos[~keep] = torch.nan
    astray = torch.where(keep[:, None], pos_pred, 1e4).requires_grad_()
    found = loss(astray, batch)
    found.sum().backward()
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(astray.grad[keep], deleted.grad, rtol=1e-5, atol=1e-6)
    assert (astray.grad[~keep] == 0).all()


@pytest.mark.parametrize("name", STRUCTURE_LOSSES)
def test_every_structure_loss_refuses_an_unknown_reduction(name):
    with pytest.raises(ValueError, match=r"`reduction` must be one of .*; got 'mode'"):
        pel.registry.create("loss", name, reduction="mode")
