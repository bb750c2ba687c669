import networkx as nx
import numpy as np
import pytest

from pyg_energyloss.data.hops import hop_edges


@pytest.mark.parametrize("seed", range(5))
def test_agrees_with_breadth_first_search_on_random_graphs(seed):
    graph = nx.gnm_random_graph(30, 34, seed=seed)
    edges = np.array(list(graph.edges())).reshape(-1, 2)
    both = np.concatenate([edges, edges[:, ::-1]]).T
    pairs, hops = hop_edges(both, 30, max_hops=4)
    expected = {
        (a, b): d
        for a, reached in nx.all_pairs_shortest_path_length(graph, cutoff=4)
        for b, d in reached.items()
        if a != b
    }
    assert {(a, b): h for (a, b), h in zip(pairs.T.tolist(), hops, strict=True)} == expected
    assert pairs.T.tolist() == sorted(pairs.T.tolist())


def test_atoms_without_bonds_have_no_pairs():
    pairs, hops = hop_edges(np.empty((2, 0), dtype=np.int64), 3, max_hops=2)
    assert pairs.shape == (2, 0)
    assert len(hops) == 0


def test_max_hops_must_be_positive():
    with pytest.raises(ValueError, match="`max_hops` must be at least 1, got 0"):
        hop_edges(np.array([[0, 1], [1, 0]]), 2, max_hops=0)
