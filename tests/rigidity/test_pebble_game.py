import numpy as np
import pytest

from pyg_energyloss import loops
from pyg_energyloss.rigidity.matrix import rigidity_matrix
from pyg_energyloss.rigidity.pebble_game import count_independent


@pytest.mark.parametrize("compiled", [True, False])
def test_independent_edges_are_the_rank_at_a_random_placement(compiled, monkeypatch):
    if compiled:
        pytest.importorskip("numba")
    else:
        monkeypatch.setattr(loops, "available", lambda: False)
    rng = np.random.default_rng(0)
    for _ in range(150):
        size = int(rng.integers(2, 16))
        row, column = np.triu_indices(size, 1)
        kept = rng.random(len(row)) < rng.random()
        pairs = np.stack([row[kept], column[kept]])
        rank = 0
        if pairs.size:
            rank = np.linalg.matrix_rank(rigidity_matrix(pairs, rng.normal(size=(size, 2))))
        assert count_independent(pairs, size) == rank


def test_the_double_banana_of_the_plane():
    # Two triangles that share one corner turn against each other: one edge short.
    assert count_independent(np.array([[0, 1, 0, 2, 3, 2], [1, 2, 2, 3, 4, 4]]), 5) == 6


def test_fewer_than_two_nodes():
    assert count_independent(np.empty((2, 0), np.int64), 1) == 0


@pytest.mark.parametrize(
    ("pairs", "error", "match"),
    [
        ([[0, 1], [1, 3]], ValueError, "`pairs` must be between 0 and num_nodes - 1 = 2"),
        ([[0, -1], [1, 2]], ValueError, "got -1 to 2"),
        ([[0, 10**12], [1, 2]], ValueError, "`pairs` must be between"),
        ([0, 1], ValueError, r"shape \[2, num_pairs\]"),
        ([[0.0, 1.0], [1.0, 2.0]], TypeError, "`pairs` must be integers"),
    ],
)
def test_pairs_out_of_range_are_refused(pairs, error, match):
    with pytest.raises(error, match=match):
        count_independent(np.array(pairs), 3)
