import pytest
import torch
from torch.autograd import gradcheck, gradgradcheck

from pyg_energyloss.functional import neighbour_weight, smooth_lddt


def dense(pred, target, cutoff, weight=None):
    """The formula on N x N matrices, as codes that predict proteins have it."""
    weight = torch.ones(len(pred), dtype=pred.dtype) if weight is None else weight
    d_pred, d_target = torch.cdist(pred, pred), torch.cdist(target, target)
    off = (d_pred - d_target).abs()
    kept = sum(torch.sigmoid(limit - off) for limit in (0.5, 1.0, 2.0, 4.0)) / 4
    pairs = (d_target < cutoff) * (1 - torch.eye(len(pred), dtype=pred.dtype))
    pairs = pairs * weight[:, None] * weight
    return 1 - (pairs * kept).sum() / pairs.sum()


def cloud(rng, nodes, dtype=torch.float64):
    target = 12 * torch.rand(nodes, 3, generator=rng, dtype=dtype)
    return target + torch.randn(nodes, 3, generator=rng, dtype=dtype), target


@pytest.mark.parametrize("nodes", [20, 300])
@pytest.mark.parametrize("cutoff", [4.0, 15.0])
def test_agrees_with_the_dense_formula(rng, engine, nodes, cutoff):
    pred, target = cloud(rng, nodes)
    weight = torch.rand(nodes, generator=rng, dtype=torch.float64)
    for share in (None, weight):
        ours, theirs = (pred.clone().requires_grad_() for _ in range(2))
        found = smooth_lddt(ours, target, cutoff=cutoff, node_weight=share)
        expected = dense(theirs, target, cutoff, share)
        found.sum().backward()
        expected.backward()
        assert found.item() == pytest.approx(expected.item(), abs=1e-9)
        cosine = torch.nn.functional.cosine_similarity(
            ours.grad.flatten(), theirs.grad.flatten(), 0
        )
        assert cosine >= 0.99999
        assert torch.allclose(ours.grad, theirs.grad, atol=1e-9)


def test_a_perfect_prediction_by_hand(rng, engine):
    _, target = cloud(rng, 30)
    kept = sum(1 / (1 + 2.718281828459045**-t) for t in (0.5, 1, 2, 4)) / 4
    assert smooth_lddt(target, target).item() == pytest.approx(1 - kept)


def test_a_batch_is_its_graphs_and_lonely_atoms_count_nothing(rng, engine):
    pred, target = cloud(rng, 21)
    batch = torch.tensor([0] * 10 + [2] * 10 + [3])
    found = smooth_lddt(pred, target, batch=batch, num_graphs=5)
    for graph, part in ((0, slice(0, 10)), (2, slice(10, 20))):
        assert found[graph].item() == pytest.approx(smooth_lddt(pred[part], target[part]).item())
    assert found[[1, 3, 4]].tolist() == [0.0, 0.0, 0.0]


def test_first_and_second_derivatives(rng):
    pred, target = cloud(rng, 6)
    assert gradcheck(lambda pos: smooth_lddt(pos, target), pred.requires_grad_())
    assert gradgradcheck(lambda pos: smooth_lddt(pos, target), pred)


def test_neighbours_are_counted_by_their_weights(rng, engine):
    _, target = cloud(rng, 40)
    weight = torch.rand(40, generator=rng, dtype=torch.float64)
    near = (torch.cdist(target, target) < 5.0) * (1 - torch.eye(40))
    assert neighbour_weight(target, 5.0).item() == pytest.approx(near.sum().item())
    counted = neighbour_weight(target, 5.0, node_weight=weight).item()
    assert counted == pytest.approx((weight @ near.double() @ weight).item())
