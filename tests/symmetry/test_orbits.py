import itertools

import networkx as nx
import numpy as np
import pytest
import torch

from pyg_energyloss.symmetry import (
    automorphism_generators,
    close_edges,
    node_orbits,
    pair_orbits,
)
from pyg_energyloss.symmetry.closure import spread_weights

GRAPHS = {
    "path": nx.path_graph(6),
    "ring": nx.cycle_graph(7),
    "star": nx.star_graph(5),
    "petersen": nx.petersen_graph(),
    "two triangles": nx.disjoint_union(nx.complete_graph(3), nx.complete_graph(3)),
    "asymmetric": nx.Graph([(0, 1), (1, 2), (2, 3), (1, 3), (3, 4), (4, 5)]),
}


def group(graph):
    """Every automorphism, by brute force."""
    matcher = nx.isomorphism.GraphMatcher(graph, graph)
    return [[m[v] for v in range(len(graph))] for m in matcher.isomorphisms_iter()]


def generators(graph):
    edges = torch.tensor(list(graph.edges())).t()
    return automorphism_generators(edges, len(graph))


@pytest.fixture(params=GRAPHS, ids=list(GRAPHS))
def graph(request):
    pytest.importorskip("igraph")
    return GRAPHS[request.param]


def test_node_orbits_are_those_of_the_whole_group(graph):
    orbit = node_orbits(generators(graph)).tolist()
    images = [{g[v] for g in group(graph)} for v in range(len(graph))]
    for i, j in itertools.product(range(len(graph)), repeat=2):
        assert (orbit[i] == orbit[j]) == (j in images[i])


def test_pair_orbits_are_those_of_the_whole_group(graph):
    orbit = pair_orbits(generators(graph))
    every = group(graph)
    for i, j in itertools.combinations(range(len(graph)), 2):
        images = {frozenset((g[i], g[j])) for g in every}
        same = {
            frozenset(pair)
            for pair in itertools.combinations(range(len(graph)), 2)
            if orbit[pair] == orbit[i, j]
        }
        assert same == images
    assert torch.equal(orbit, orbit.t())


def test_closing_adds_exactly_the_images(graph):
    rng = np.random.default_rng(0)
    pairs = list(itertools.combinations(range(len(graph)), 2))
    chosen = [pairs[i] for i in rng.permutation(len(pairs))[:3]]
    expected = {frozenset((g[i], g[j])) for g in group(graph) for i, j in chosen}
    closed = close_edges(torch.tensor(chosen).t(), generators(graph))
    assert {frozenset(e) for e in closed.t().tolist()} == expected
    assert closed.shape[1] == 2 * len(expected)


def test_weights_are_the_average_over_the_group(graph):
    rng = np.random.default_rng(1)
    count = len(graph)
    pairs = np.stack(np.triu_indices(count, 1))
    chosen = rng.permutation(pairs.shape[1])[:4]
    weight = rng.uniform(1, 3, 4)
    average = np.zeros((count, count))
    every = group(graph)
    for g in every:
        image = np.sort(np.array(g)[pairs[:, chosen]], axis=0)
        np.add.at(average, tuple(image), weight / len(every))
    closed, spread = spread_weights(pairs[:, chosen], weight, generators(graph).numpy())
    found = np.zeros((count, count))
    found[tuple(closed)] = spread
    assert np.allclose(found, average)


def test_colours_are_kept():
    pytest.importorskip("igraph")
    edges = torch.tensor([[0, 0, 0], [1, 2, 3]])
    found = automorphism_generators(edges, 4, colors=torch.tensor([6, 1, 1, 9]))
    assert node_orbits(found).tolist() == [0, 1, 1, 2]


def test_a_group_too_large_to_enumerate():
    pytest.importorskip("igraph")
    # 40 leaves: 40! automorphisms.
    star = torch.tensor([[0] * 40, list(range(1, 41))])
    found = automorphism_generators(star, 41)
    closed = close_edges(torch.tensor([[1], [2]]), found)
    assert closed.shape[1] == 40 * 39


def test_no_generators_change_nothing():
    none = torch.empty(0, 4, dtype=torch.long)
    assert node_orbits(none).tolist() == [0, 1, 2, 3]
    assert len(torch.unique(pair_orbits(none))) == 10
    assert close_edges(torch.tensor([[1], [0]]), none).tolist() == [[0, 1], [1, 0]]


def test_bad_input():
    with pytest.raises(ValueError, match=r"`generators` must have shape"):
        node_orbits(torch.tensor([0, 1]))
    with pytest.raises(ValueError, match="`generators` must be permutations"):
        node_orbits(torch.tensor([[0, 0]]))
    with pytest.raises(ValueError, match="`edge_index` names node 3"):
        close_edges(torch.tensor([[0], [3]]), torch.tensor([[1, 0]]))
