"""One pass over all structures of a batch draws what the structures one by one would get."""

import numpy as np
import pytest
import torch

from pyg_energyloss import loops
from pyg_energyloss.samplers import (
    Backbone,
    ErdosRenyi,
    KRegular,
    LaterationEdges,
    NearestNeighbours,
)
from pyg_energyloss.samplers import far as far_pairs

pytest.importorskip("numba")
SIZES = [1, 40, 2, 0, 90, 3, 14, 5]
BATCH = torch.repeat_interleave(torch.tensor(SIZES))
POS = 4 * torch.rand(sum(SIZES), 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def as_set(edges):
    return set(map(tuple, edges.t().tolist()))


@pytest.mark.parametrize("sampler", [LaterationEdges(), NearestNeighbours(k=3)], ids=repr)
def test_a_pass_over_the_batch_gives_the_pairs_of_each_structure(sampler, monkeypatch):
    edges, weight = sampler.sample_batch(POS, BATCH, num_graphs=len(SIZES))
    monkeypatch.setattr(loops, "available", lambda: False)
    same, _ = sampler.sample_batch(POS, BATCH, num_graphs=len(SIZES))
    assert as_set(edges) == as_set(same)
    assert edges.shape == same.shape
    assert (weight == 1).all()


def test_compiled_and_torch_backbones_draw_the_same(monkeypatch):
    sampler = Backbone(complete_below=6)

    def drawn():
        edges, weight = sampler.sample_batch(
            POS, BATCH, num_graphs=len(SIZES), generator=torch.Generator().manual_seed(3)
        )
        order = torch.argsort(edges[0] * len(POS) + edges[1])
        return edges[:, order], weight[order]

    edges, weight = drawn()
    monkeypatch.setattr(loops, "available", lambda: False)
    same, expected = drawn()
    assert torch.equal(edges, same)
    torch.testing.assert_close(weight, expected, rtol=1e-12, atol=0.0)


def test_all_pairs_of_a_batch_are_the_same_with_and_without_numba(monkeypatch):
    edges, _ = Backbone().sample_batch(POS[:60], BATCH[:60], num_graphs=8)
    monkeypatch.setattr(loops, "available", lambda: False)
    assert torch.equal(edges, Backbone().sample_batch(POS[:60], BATCH[:60], num_graphs=8)[0])


def test_every_node_of_a_batch_has_k_neighbours():
    edges, weight = KRegular(k=4, seed=0).sample_batch(POS, BATCH, num_graphs=len(SIZES))
    assert (BATCH[edges[0]] == BATCH[edges[1]]).all()
    assert len(as_set(edges)) == edges.shape[1]
    degree = torch.bincount(edges[0], minlength=len(POS))
    wanted = torch.tensor([min(4, n - 1) for n in SIZES])[BATCH]
    assert torch.equal(degree, wanted)
    total = torch.zeros(len(SIZES), dtype=weight.dtype).index_add(0, BATCH[edges[0]], weight)
    assert total.tolist() == pytest.approx([n * (n - 1) for n in SIZES])


@pytest.mark.parametrize(("sampler", "size"), [(KRegular(k=3), 9), (ErdosRenyi(), 20)], ids=repr)
def test_every_pair_is_as_likely_as_any_other(sampler, size):
    rng = np.random.default_rng(0)
    total, draws = np.zeros((size, size)), 3000
    for _ in range(draws):
        drawn = sampler.sample(np.zeros((size, 3)), rng)
        total[tuple(drawn.pairs)] += drawn.weight
    mean = total[np.triu_indices(size, 1)] / draws
    error = np.sqrt((drawn.weight[0] - 1.0) / draws)
    assert (abs(mean - 1.0) < 5 * error).all()
    assert (total[np.tril_indices(size)] == 0).all()


def test_large_structures_of_a_batch_are_drawn_beside_small_ones():
    sizes = [30, 600, 70]
    batch = torch.repeat_interleave(torch.tensor(sizes))
    pos = 12 * torch.rand(700, 3, generator=torch.Generator().manual_seed(1))
    sampler = Backbone(complete_below=40, seed=0)
    draws = [sampler.sample_batch(pos, batch) for _ in range(60)]
    edges, weight = draws[0]
    assert (batch[edges[0]] == batch[edges[1]]).all()
    assert weight.dtype == torch.float32
    sums = torch.stack([torch.zeros(3).index_add(0, batch[e[0]], w) for e, w in draws])
    expected = torch.tensor([n * (n - 1.0) for n in sizes])
    assert ((sums.mean(0) - expected).abs() <= 5 * sums.std(0) / 60**0.5 + 1e-3).all()


@pytest.mark.parametrize("numba", [True, False])
@pytest.mark.parametrize("shape", ["even", "clustered", "coincident"])
def test_sparse_draws_of_large_structures_are_unbiased(shape, numba, monkeypatch):
    rng = np.random.default_rng(0)
    pos = rng.random((700, 3)) * 19
    if shape == "clustered":
        pos[:350] = pos[:350] * 1e-3
    if shape == "coincident":
        pos[:] = 0.0
        monkeypatch.setattr(far_pairs, "_MOST", 50)
    monkeypatch.setattr(loops, "available", lambda: numba)
    if shape == "coincident" and not numba:
        pytest.skip("the tree of SciPy lists all coincident pairs")
    sampler = Backbone(complete_below=0)
    sums = np.array([sampler.sample(pos, rng).weight.sum() for _ in range(40)])
    assert abs(sums.mean() - 700 * 699 / 2) < 5 * sums.std() / 40**0.5


def test_pairs_once_in_order_with_their_weights(monkeypatch):
    rng = np.random.default_rng(0)
    pairs = rng.integers(30, size=(2, 500))
    pairs = pairs[:, pairs[0] != pairs[1]]
    weight = rng.random(pairs.shape[1])
    probe = rng.integers(30, size=(2, 200))
    once, total = far_pairs.once(pairs, weight, 30)
    member = far_pairs._member(probe, once[:, ::2], 30)
    monkeypatch.setattr(loops, "available", lambda: False)
    same, expected = far_pairs.once(pairs, weight, 30)
    assert np.array_equal(once, same)
    assert total == pytest.approx(expected)
    assert np.array_equal(member, far_pairs._member(probe, once[:, ::2], 30))
    assert 0 < member.sum() < 200
