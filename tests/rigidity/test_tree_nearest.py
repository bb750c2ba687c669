import numpy as np
import pytest

pytest.importorskip("numba")
from pyg_energyloss.rigidity.tree import in_space, plant
from pyg_energyloss.rigidity.tree_nearest import nearest_of_all

RNG = np.random.default_rng(0)
HEAPS = np.repeat(50 * RNG.random((30, 3)), 40, axis=0)
CLOUDS = {
    "even": RNG.random((700, 3)) * 10,
    "clustered": np.concatenate([RNG.normal(size=(400, 3)), 1e-3 * RNG.normal(size=(400, 3)) + 50]),
    "heaps": HEAPS + np.where(np.arange(len(HEAPS)) % 2, 1e-6, 0.0)[:, None],
    "outliers": RNG.standard_cauchy((2000, 3)) ** 3,
    "planar": RNG.random((600, 2)),
    "linear": np.arange(300.0)[:, None],
    "few": RNG.random((3, 3)),
}


@pytest.mark.parametrize("name", CLOUDS)
@pytest.mark.parametrize("width", [1, 12])
def test_nearest_of_all_are_those_of_all_distances(name, width):
    points = in_space(CLOUDS[name])
    planted = plant(points)
    width = min(width, len(points) - 1)
    found = nearest_of_all(planted, width)
    table = ((points[:, None] - points) ** 2).sum(axis=2)
    np.fill_diagonal(table, np.inf)
    asked = planted[0][:, None]
    right = np.sort(table[asked[:, 0]], axis=1)[:, :width]
    assert table[asked, found] == pytest.approx(right, rel=1e-12)
    assert (np.sort(found, axis=1)[:, 1:] != np.sort(found, axis=1)[:, :-1]).all()


def test_of_many_points_in_one_place_any_others_are_nearest():
    planted = plant(np.zeros((20_000, 3)))
    found = nearest_of_all(planted, 3)
    assert (found != planted[0][:, None]).all()
    assert all(len(set(row)) == 3 for row in found[::1000].tolist())
