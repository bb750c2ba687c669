import numpy as np
import pytest

pytest.importorskip("numba")
from pyg_energyloss.rigidity import tree

RNG = np.random.default_rng(0)
CLOUDS = {
    "even": RNG.random((700, 3)) * 10,
    "clustered": np.concatenate([RNG.normal(size=(400, 3)), 1e-3 * RNG.normal(size=(400, 3)) + 50]),
    "planar": RNG.random((600, 2)),
    "linear": np.arange(300.0)[:, None],
    "few": RNG.random((3, 3)),
}


@pytest.mark.parametrize("name", CLOUDS)
def test_nearest_points_are_those_of_all_distances(name):
    points = CLOUDS[name]
    planted = tree.plant(tree.in_space(points))
    width = min(7, len(points) - 1)
    found, square = tree.nearest(planted, np.arange(len(points)), width)
    table = ((points[:, None] - points) ** 2).sum(axis=2)
    np.fill_diagonal(table, np.inf)
    asked = planted[0]
    assert np.sort(asked).tolist() == list(range(len(points)))
    assert square == pytest.approx(np.sort(table, axis=1)[asked][:, :width], rel=1e-12)
    assert table[asked[:, None], found] == pytest.approx(square, rel=1e-12)


@pytest.mark.parametrize("name", CLOUDS)
def test_points_within_reach_are_those_of_all_distances(name):
    points = CLOUDS[name]
    planted = tree.plant(tree.in_space(points))
    slots = np.arange(0, len(points), 3)
    table = np.sqrt(((points[:, None] - points) ** 2).sum(axis=2))
    radius = 1.001 * float(np.quantile(table[table > 0], 0.05))
    one, other, distance, whole = tree.within(planted, slots, radius, len(points) ** 2)
    assert whole
    asked = planted[0][slots]
    expected = {(i, j) for i in asked for j in np.flatnonzero(table[i] <= radius) if i != j}
    assert set(zip(one.tolist(), other.tolist(), strict=True)) == expected
    assert distance == pytest.approx(table[one, other])
    assert not tree.within(planted, slots, radius, len(expected) - 1)[3]


def test_coincident_points_are_found_in_time_that_does_not_explode():
    planted = tree.plant(np.zeros((20_000, 3)))
    found, square = tree.nearest(planted, np.arange(20_000), 3)
    assert (square == 0).all()
    assert (found != planted[0][:, None]).all()
    assert all(len(set(row)) == 3 for row in found[::1000].tolist())
