"""FAPE: against a double loop, the contract, mirror images, batching, wrong options."""

import sys

import numpy as np
import pytest
import torch
from torch_geometric.data import Batch, Data

import pyg_energyloss as pel
from pyg_energyloss.functional import bonded_frames, fape
from pyg_energyloss.testing import assert_loss_contract, contract_batch


def reference(pred, target, frames, clamp=10.0):
    """Algorithm 28 in loops, with the frames of algorithm 21."""

    def seen(pos, frame):
        first, origin, last = (pos[node] for node in frame)
        one = (last - origin) / np.linalg.norm(last - origin)
        two = (first - origin) - one * np.dot(one, first - origin)
        two = two / np.linalg.norm(two)
        return (pos - origin) @ np.stack([one, two, np.cross(one, two)]).T

    errors = [
        min(clamp, np.sqrt(np.sum((a - b) ** 2) + 1e-4))
        for frame in frames
        for a, b in zip(seen(pred, frame), seen(target, frame), strict=True)
    ]
    return np.mean(errors) / 10.0


def framed(dtype=torch.float64, seed=0):
    rng = torch.Generator().manual_seed(seed)
    items, pred = [], []
    for atoms, frames in ((5, 2), (9, 4), (4, 1)):
        index = torch.stack([torch.randperm(atoms, generator=rng)[:3] for _ in range(frames)], 1)
        item = Data(pos=3.0 * torch.randn(atoms, 3, generator=rng, dtype=dtype), frame_index=index)
        items.append(item)
        pred.append(item.pos + torch.randn(atoms, 3, generator=rng, dtype=dtype))
    return pred, items


@pytest.mark.parametrize("clamp", [10.0, 1.0, None])
@pytest.mark.parametrize(("dtype", "off"), [(torch.float32, 1e-5), (torch.float64, 1e-10)])
def test_equals_the_published_algorithm_in_loops(dtype, off, clamp):
    pred, items = framed(dtype)
    loss = pel.FAPELoss(clamp=clamp, reduction="none")
    found = loss(torch.cat(pred), Batch.from_data_list(items))
    for value, pos, item in zip(found, pred, items, strict=True):
        data = (pos.double().numpy(), item.pos.double().numpy(), item.frame_index.T.numpy())
        expected = reference(*data, clamp=np.inf if clamp is None else clamp)
        assert value.item() == pytest.approx(expected, rel=off)


def test_keeps_the_contract_with_frames_of_bonds():
    assert_loss_contract(pel.FAPELoss(), zero_at_target=False)
    assert_loss_contract(pel.FAPELoss(clamp=None), zero_at_target=False)


def test_is_root_epsilon_over_scale_at_the_target_and_larger_at_the_mirror_image():
    _, items = framed()
    batch = Batch.from_data_list(items)
    loss = pel.FAPELoss(reduction="none")
    at_target = loss(batch.pos, batch)
    torch.testing.assert_close(at_target, torch.full_like(at_target, 1e-3))
    assert (loss(-batch.pos, batch) > 0.03).all()


def test_chunks_and_any_order_of_nodes_give_the_same_value_and_gradient(monkeypatch):
    pred, items = framed()
    batch, pos = Batch.from_data_list(items), torch.cat(pred).requires_grad_()
    graphs = {"num_graphs": 3}
    whole = fape(pos, batch.pos, batch.frame_index, batch=batch.batch, **graphs)
    (expected,) = torch.autograd.grad(whole.sum(), pos)
    monkeypatch.setattr(sys.modules[fape.__module__], "CHUNK", 8)
    order = torch.randperm(len(pos), generator=torch.Generator().manual_seed(1))
    moved = pos.detach()[order].requires_grad_()
    index = order.argsort()[batch.frame_index]
    value = fape(moved, batch.pos[order], index, batch=batch.batch[order], **graphs)
    torch.testing.assert_close(value, whole)
    (gradient,) = torch.autograd.grad(value.sum(), moved)
    torch.testing.assert_close(gradient, expected[order])
    one = items[1]
    torch.testing.assert_close(fape(pred[1], one.pos, one.frame_index)[0], whole[1])


def test_first_and_second_derivatives_are_right():
    pred, items = framed()
    args = (items[0].pos, items[0].frame_index)
    pos = pred[0].clone().requires_grad_()
    assert torch.autograd.gradcheck(lambda at: fape(at, *args), pos)
    assert torch.autograd.gradgradcheck(lambda at: fape(at, *args), pos)


def test_a_frame_whose_true_atoms_are_on_a_line_does_not_count():
    pos = torch.tensor([[0.0, 2, 0], [0, 0, 0], [3, 0, 0], [6, 0, 0], [0, 0, 5]])
    pred = pos + torch.rand(pos.shape, generator=torch.Generator().manual_seed(0))
    good, line = torch.tensor([[0], [1], [2]]), torch.tensor([[1], [2], [3]])
    both = fape(pred, pos, torch.cat([good, line], dim=1))
    torch.testing.assert_close(both, fape(pred, pos, good))
    assert fape(pred, pos, line).tolist() == [0.0]


def test_frames_of_bonds_do_not_depend_on_the_order_of_atoms():
    pos_pred, batch = contract_batch()
    item = batch[2]
    pred = pos_pred[batch.batch == 2]
    order = torch.randperm(len(pred), generator=torch.Generator().manual_seed(3))
    moved = Data(pos=item.pos[order], edge_index=order.argsort()[item.edge_index])
    torch.testing.assert_close(pel.FAPELoss()(pred[order], moved), pel.FAPELoss()(pred, item))
    assert bonded_frames(item.edge_index, len(pred)).size(1) > 0


def test_wrong_input_is_refused():
    pos, index = torch.rand(4, 3), torch.tensor([[0], [1], [2]])
    with pytest.raises(ValueError, match=r"`frame_index` must have shape \[3, num_frames\]"):
        fape(pos, pos, index[:2])
    with pytest.raises(TypeError, match="`frame_index` must be an integer tensor"):
        fape(pos, pos, index.float())
    with pytest.raises(ValueError, match=r"`pos_pred` must have shape \[num_nodes, 3\]"):
        fape(pos[:, :2], pos[:, :2], index)
    with pytest.raises(ValueError, match="`clamp` must be positive, got 0"):
        fape(pos, pos, index, clamp=0.0)
    with pytest.raises(ValueError, match="`data` must have `frame_index`"):
        pel.FAPELoss()(pos, Data(pos=pos))
