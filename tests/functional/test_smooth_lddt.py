import pytest
import torch
from torch.autograd import gradcheck, gradgradcheck
from torch_geometric.data import Data

from pyg_energyloss import SmoothLDDTLoss, metrics
from pyg_energyloss.functional import lddt, neighbour_weight, smooth_lddt


def dense(pred, target, cutoff, weight=None):
    """The formula on N x N matrices, as codes that predict proteins have it."""
    weight = torch.ones(len(pred), dtype=pred.dtype) if weight is None else weight
    d_pred, d_target = torch.cdist(pred, pred), torch.cdist(target, target)
    off = (d_pred - d_target).abs()
    kept = sum(torch.sigmoid(limit - off) for limit in (0.5, 1.0, 2.0, 4.0)) / 4
    pairs = (d_target < cutoff) * (1 - torch.eye(len(pred), dtype=pred.dtype))
    pairs = pairs * weight[:, None] * weight
    return 1 - (pairs * kept).sum() / pairs.sum()


def neighbours(target, nucleotide, weight, cutoffs=(4.0, 7.0)):
    """Weights [n, n] of pairs: the atom of the row says how far its neighbours may be."""
    near = torch.cdist(target, target) < torch.where(nucleotide, cutoffs[1], cutoffs[0])[:, None]
    return near * (1 - torch.eye(len(target), dtype=target.dtype)) * weight[:, None] * weight


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


@pytest.mark.parametrize("nodes", [20, 300])
def test_atoms_of_nucleotides_have_a_cutoff_of_their_own(rng, engine, nodes):
    pred, target = cloud(rng, nodes)
    nucleotide = torch.rand(nodes, generator=rng) < 0.4
    weight = torch.rand(nodes, generator=rng, dtype=torch.float64)
    pairs = neighbours(target, nucleotide, weight)
    ours, theirs = (pred.clone().requires_grad_() for _ in range(2))
    options = {"cutoff": 4.0, "is_nucleotide": nucleotide, "nucleotide_cutoff": 7.0}
    found = smooth_lddt(ours, target, node_weight=weight, **options)
    off = (torch.cdist(theirs, theirs) - torch.cdist(target, target)).abs()
    kept = sum(torch.sigmoid(limit - off) for limit in (0.5, 1.0, 2.0, 4.0)) / 4
    expected = 1 - (pairs * kept).sum() / pairs.sum()
    found.sum().backward()
    expected.backward()
    assert found.item() == pytest.approx(expected.item(), abs=1e-9)
    assert torch.allclose(ours.grad, theirs.grad, atol=1e-9)
    hard = sum((off.detach() < limit).double() for limit in (0.5, 1.0, 2.0, 4.0)) / 4
    score = lddt(pred, target, node_weight=weight, **options)
    assert score.item() == pytest.approx(((pairs * hard).sum() / pairs.sum()).item(), abs=1e-9)
    counted = neighbour_weight(target, node_weight=weight, **options)
    assert counted.item() == pytest.approx(pairs.sum().item())


def test_nucleotides_everywhere_or_nowhere_are_one_cutoff(rng, engine):
    pred, target = cloud(rng, 30)
    for every, cutoff in ((torch.ones, 7.0), (torch.zeros, 4.0)):
        nucleotide = every(30, dtype=torch.bool)
        found = smooth_lddt(
            pred, target, cutoff=4.0, is_nucleotide=nucleotide, nucleotide_cutoff=7.0
        )
        assert found.item() == pytest.approx(smooth_lddt(pred, target, cutoff=cutoff).item())


def test_the_loss_and_the_metric_read_the_nucleotides_of_data(rng):
    pred, target = cloud(rng, 30)
    data = Data(pos=target, is_nucleotide=torch.arange(30) % 3 == 0)
    options = {"cutoff": 4.0, "nucleotide_cutoff": 7.0}
    expected = smooth_lddt(pred, target, is_nucleotide=data.is_nucleotide, **options)
    assert SmoothLDDTLoss(**options)(pred, data).item() == pytest.approx(expected.item())
    metric = metrics.LDDT(**options)
    metric.update(pred, data)
    score = lddt(pred, target, is_nucleotide=data.is_nucleotide, **options)
    assert metric.compute().item() == pytest.approx(score.item())


def test_neighbours_in_a_batch_in_any_order_at_any_cutoff(rng, engine):
    _, target = cloud(rng, 400)
    batch = torch.randint(0, 2, (400,), generator=rng) * 2
    for cutoff in (3.0, 1e3, None):
        reach = 1e9 if cutoff is None else cutoff
        near = (torch.cdist(target, target) < reach) & (batch[:, None] == batch)
        near &= ~torch.eye(400, dtype=torch.bool)
        expected = [near[batch == graph].sum().item() for graph in range(4)]
        found = neighbour_weight(target, cutoff, batch=batch, num_graphs=4)
        assert found.tolist() == pytest.approx(expected)


@pytest.mark.parametrize(
    ("mask", "error", "match"),
    [
        (torch.ones(3), TypeError, "`is_nucleotide` must be a boolean tensor"),
        ([True] * 3, TypeError, "`is_nucleotide` must be a boolean tensor"),
        (torch.ones(2, dtype=torch.bool), ValueError, "`is_nucleotide` must have one entry"),
    ],
)
def test_masks_that_are_none_are_refused(mask, error, match):
    pos = torch.zeros(3, 3)
    with pytest.raises(error, match=match):
        smooth_lddt(pos, pos, is_nucleotide=mask)
