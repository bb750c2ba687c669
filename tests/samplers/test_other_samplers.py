import networkx as nx
import numpy as np
import pytest
import torch

from pyg_energyloss import registry
from pyg_energyloss.rigidity import certify
from pyg_energyloss.samplers import (
    BondEdges,
    Complete,
    ErdosRenyi,
    LaterationEdges,
    NearestNeighbours,
)
from pyg_energyloss.samplers.complete import all_pairs, all_pairs_batch

RNG = np.random.default_rng(0)
POS = np.random.default_rng(1).normal(size=(40, 3)) * 3
TREE = np.array(nx.random_labeled_tree(40, seed=0).edges()).T


@pytest.mark.parametrize("name", registry.names("sampler"))
@pytest.mark.parametrize("size", [0, 1, 2, 3, 40])
def test_pairs_are_proper_and_weights_at_least_one(name, size):
    bonds = TREE[:, (size > TREE).all(axis=0)]
    drawn = registry.create("sampler", name).sample(POS[:size], RNG, bonds=bonds)
    low, high = drawn.pairs.min(0, initial=size), drawn.pairs.max(0, initial=-1)
    assert (low < high).all()
    assert high.max(initial=-1) < size
    assert len(np.unique(low * 1000 + high)) == drawn.pairs.shape[1] == len(drawn.weight)
    assert (drawn.weight >= 1).all()


@pytest.mark.parametrize("name", sorted({*registry.names("sampler")} - {"bonds"}))
def test_a_batch_has_both_directions_of_what_single_structures_have(name):
    pos = torch.from_numpy(POS)
    batch = torch.tensor([0] * 10 + [1] * 30)
    edges, weight = registry.create("sampler", name, seed=0).sample_batch(pos, batch, num_graphs=3)
    assert (batch[edges[0]] == batch[edges[1]]).all()
    forward = {(i, j): w for i, j, w in zip(*edges.tolist(), weight.tolist(), strict=True)}
    assert all(forward[j, i] == w for (i, j), w in forward.items())


@pytest.mark.parametrize("counts", [[3], [1, 4, 0, 2], [0], [5, 5]])
def test_all_pairs_of_a_batch(counts):
    edges = all_pairs_batch(torch.tensor(counts))
    expected, start = set(), 0
    for n in counts:
        expected |= {(start + i, start + j) for i in range(n) for j in range(n) if i != j}
        start += n
    assert edges.shape[1] == len(expected)
    assert {tuple(e) for e in edges.t().tolist()} == expected


def test_kept_pairs_cannot_be_written_to():
    with pytest.raises(ValueError, match="read-only"):
        all_pairs(10).pairs[0, 0] = 5


def test_bonds_count_hops():
    for hops in (1, 2, 3):
        far = dict(nx.all_pairs_shortest_path_length(nx.Graph(TREE.T.tolist()), cutoff=hops))
        expected = {(i, j) for i in far for j in far[i] if i < j}
        sampler = BondEdges(hops=hops, complete_rigidity=False)
        for bonds in (TREE, TREE[::-1], np.concatenate([TREE, TREE[::-1]], axis=1)):
            pairs = sampler.sample(POS, RNG, bonds=bonds).pairs
            assert {tuple(p) for p in pairs.T.tolist()} == expected


def test_bonds_are_completed_to_rigidity():
    drawn = BondEdges(hops=2).sample(POS, RNG, bonds=TREE)
    assert certify(drawn.pairs, POS).universally_rigid


def test_nearest_neighbours():
    table = np.linalg.norm(POS[:, None] - POS, axis=2) + np.diag(np.full(40, np.inf))
    expected = {
        (min(i, j), max(i, j)) for i in range(40) for j in np.argsort(table[i])[:5].tolist()
    }
    found = NearestNeighbours(k=5).sample(POS, RNG).pairs
    assert {tuple(p) for p in found.T.tolist()} == expected


def test_coin_tosses_have_the_mean_they_should():
    sampler = ErdosRenyi(edges_per_atom=4)
    counts = [sampler.sample(POS, RNG).pairs.shape[1] for _ in range(400)]
    error = np.std(counts) / 20
    assert abs(np.mean(counts) - 160) < 4 * error
    assert sampler.sample(POS, RNG).weight[0] == pytest.approx(39 * 40 / 2 / 160)


def test_lateration_is_the_same_each_time():
    first, second = (LaterationEdges().sample(POS, RNG) for _ in range(2))
    assert np.array_equal(first.pairs, second.pairs)
    assert certify(first.pairs, POS).universally_rigid


def test_a_sampler_called_with_a_batch_draws_for_it():
    from torch_geometric.data import Batch, Data

    batch = Batch.from_data_list([Data(pos=torch.rand(n, 3)) for n in (3, 4)])
    edges, weight = Complete()(batch)
    assert edges.shape == (2, 6 + 12)
    assert (weight == 1).all()


def test_bad_options():
    with pytest.raises(ValueError, match="`bonds` are needed by the sampler 'bonds'"):
        BondEdges().sample(POS, RNG)
    with pytest.raises(ValueError, match="`hops` must be at least 1"):
        BondEdges(hops=0)
    with pytest.raises(ValueError, match="`edges_per_atom` must be positive"):
        ErdosRenyi(edges_per_atom=0)
    with pytest.raises(ValueError, match="`k` must be at least 1"):
        NearestNeighbours(k=0)
    with pytest.raises(ValueError, match=r"`batch` must have shape \[num_nodes\]"):
        Complete().sample_batch(torch.zeros(3, 3), torch.zeros(2, dtype=torch.long))


@pytest.mark.parametrize("name", ["backbone", "complete", "k_regular"])
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32, torch.float64])
def test_weights_have_at_least_single_precision(name, dtype):
    pos = torch.from_numpy(np.concatenate([POS, POS + 20.0])).to(dtype)
    _, weight = registry.create("sampler", name, seed=0).sample_batch(pos)
    assert weight.dtype == (torch.float64 if dtype == torch.float64 else torch.float32)
