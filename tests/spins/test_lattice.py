import pytest
import torch

from pyg_energyloss.spins import square_lattice
from pyg_energyloss.spins.coloring import color_classes


def test_bonds_of_a_small_open_lattice():
    assert square_lattice((2, 3)).T.tolist() == [
        [0, 1], [1, 2], [3, 4], [4, 5], [0, 3], [1, 4], [2, 5],
    ]  # fmt: skip


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (4, 4), (3, 7)])
def test_number_of_bonds(shape):
    rows, columns = shape
    edges = square_lattice(shape)
    assert edges.size(1) == rows * (columns - 1) + columns * (rows - 1)
    assert len({frozenset(e) for e in edges.T.tolist()}) == edges.size(1)


def test_every_site_of_a_torus_has_four_neighbours_at_distance_one():
    edges = square_lattice((3, 5), periodic=True)
    assert torch.bincount(edges.flatten()).tolist() == [4] * 15
    row, column = edges // 5, edges % 5
    down, right = (row[1] - row[0]) % 3, (column[1] - column[0]) % 5
    assert sorted(zip(down.tolist(), right.tolist(), strict=True)) == [(0, 1)] * 15 + [(1, 0)] * 15


@pytest.mark.parametrize("periodic", [False, True])
def test_color_classes_are_independent_sets(periodic):
    edges = square_lattice((5, 4), periodic=periodic)
    classes = color_classes(edges, 20)
    assert sorted(torch.cat(classes).tolist()) == list(range(20))
    for nodes in classes:
        member = torch.zeros(20, dtype=torch.bool)
        member[nodes] = True
        assert not bool((member[edges[0]] & member[edges[1]]).any())
    assert len(classes) == 2 if not periodic else len(classes) <= 4


def test_bad_sizes():
    with pytest.raises(ValueError, match="`size` must be positive"):
        square_lattice(0)
    with pytest.raises(ValueError, match="at least 3 in both directions"):
        square_lattice((2, 4), periodic=True)
