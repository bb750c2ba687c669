import networkx as nx
import numpy as np
import pytest
import torch

from pyg_energyloss.rigidity import is_globally_rigid, is_rigid
from pyg_energyloss.rigidity.generic import random_stress
from pyg_energyloss.rigidity.matrix import rigidity_matrix
from pyg_energyloss.rigidity.pebble_game import count_independent
from pyg_energyloss.samplers import random_regular


def random_graphs(count, *, low=4, high=11, seed=0):
    rng = np.random.default_rng(seed)
    for _ in range(count):
        size = int(rng.integers(low, high))
        row, column = np.triu_indices(size, 1)
        kept = rng.random(len(row)) < rng.uniform(0.4, 1.0)
        yield np.stack([row[kept], column[kept]]), size


@pytest.mark.parametrize("dim", [1, 2, 3, 4])
def test_rigidity_is_the_rank_of_the_rigidity_matrix(dim):
    rng = np.random.default_rng(dim)
    answers = set()
    for pairs, size in random_graphs(80, seed=dim):
        matrix = rigidity_matrix(pairs, rng.normal(size=(size, dim)))
        rank = np.linalg.matrix_rank(matrix) if matrix.size else 0
        if size <= dim + 1:
            expected = pairs.shape[1] == size * (size - 1) // 2
        else:
            expected = rank == dim * size - dim * (dim + 1) // 2
        assert is_rigid(pairs, size, dim) == expected
        answers.add(expected)
    assert answers == {True, False}


def test_global_rigidity_on_a_line_is_two_connectivity():
    for pairs, size in random_graphs(80):
        graph = nx.Graph(pairs.T.tolist())
        graph.add_nodes_from(range(size))
        assert is_globally_rigid(pairs, size, 1) == nx.is_biconnected(graph)


def test_global_rigidity_in_the_plane_is_that_of_jackson_and_jordan():
    answers = []
    for pairs, size in random_graphs(120, seed=1):
        graph = nx.Graph(pairs.T.tolist())
        graph.add_nodes_from(range(size))
        without_one = [np.delete(pairs, c, axis=1) for c in range(pairs.shape[1])]
        redundant = all(count_independent(p, size) == 2 * size - 3 for p in without_one)
        answers.append(nx.node_connectivity(graph) >= 3 and redundant)
        assert is_globally_rigid(pairs, size, 2) == answers[-1]
    assert 20 < sum(answers) < 100


def test_agreement_with_pyrigi_in_space():
    pyrigi = pytest.importorskip("pyrigi")
    rng = np.random.default_rng(0)
    answers = []
    for _ in range(80):
        size = int(rng.integers(6, 9))
        row, column = np.triu_indices(size, 1)
        count = min(len(row), 3 * size - 5 + int(rng.integers(0, 5)))
        kept = rng.permutation(len(row))[:count]
        pairs = np.stack([row[kept], column[kept]])
        graph = pyrigi.Graph.from_vertices_and_edges(range(size), pairs.T.tolist())
        answers.append(bool(graph.is_globally_rigid(dim=3)))
        assert is_globally_rigid(pairs, size, 3) == answers[-1]
    assert 16 < sum(answers) < 64


def test_two_bodies_that_share_three_atoms_can_be_mirrored():
    rng = np.random.default_rng(0)
    for size in (12, 40):
        first = random_regular(size, 8, rng)
        second = random_regular(size, 8, rng)
        hinge = np.concatenate([first, second + size - 3], axis=1)
        assert is_rigid(hinge, 2 * size - 3)
        assert not is_globally_rigid(hinge, 2 * size - 3)
        joint = np.concatenate([first, second + size - 4], axis=1)
        assert is_globally_rigid(joint, 2 * size - 4)


def test_hendricksons_conditions_are_not_enough_in_space():
    # K_5,5 is 5-connected and redundantly rigid in R^3, yet not globally rigid (Connelly 1991).
    row, column = np.divmod(np.arange(25), 5)
    pairs = np.stack([row, column + 5])
    assert is_rigid(pairs, 10)
    assert all(is_rigid(np.delete(pairs, c, axis=1), 10) for c in range(25))
    assert not is_globally_rigid(pairs, 10)


def test_stress_is_in_equilibrium():
    rng = np.random.default_rng(0)
    pairs, pos = random_regular(30, 6, rng), rng.normal(size=(30, 3))
    stress = random_stress(pairs, pos, rng)
    assert np.abs(stress).max() > 0.01
    assert np.abs(stress @ rigidity_matrix(pairs, pos)).max() < 1e-10


def test_six_regular_graphs_are_globally_rigid_and_five_regular_ones_are_not():
    rng = np.random.default_rng(0)
    assert all(is_globally_rigid(random_regular(30, 6, rng), 30) for _ in range(20))
    assert not any(is_globally_rigid(random_regular(30, 5, rng), 30) for _ in range(20))


@pytest.mark.parametrize("test", [is_rigid, is_globally_rigid])
def test_up_to_dim_plus_one_nodes_only_the_complete_graph_will_do(test):
    assert test(np.empty((2, 0), int), 0)
    assert test(np.empty((2, 0), int), 1)
    tetrahedron = np.stack(np.triu_indices(4, 1))
    assert test(tetrahedron, 4)
    assert not test(tetrahedron[:, 1:], 4)


@pytest.mark.parametrize("test", [is_rigid, is_globally_rigid])
def test_direction_repeats_loops_and_tensors_do_not_matter(test):
    pairs = random_regular(20, 6, np.random.default_rng(0))
    loops = np.tile(np.arange(20), (2, 1))
    edges = torch.from_numpy(np.concatenate([pairs, pairs[::-1], pairs, loops], axis=1))
    assert test(edges, 20) == test(pairs, 20) is True


@pytest.mark.parametrize("test", [is_rigid, is_globally_rigid])
def test_bad_input(test):
    with pytest.raises(ValueError, match="`edge_index` must name nodes 0 to 2"):
        test([[0, 1], [1, 3]], 3)
    with pytest.raises(ValueError, match=r"`edge_index` must have shape \[2, num_edges\]"):
        test([0, 1], 3)
    with pytest.raises(ValueError, match="`dim` must be at least 1"):
        test([[0], [1]], 2, 0)
