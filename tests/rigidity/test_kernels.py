import numpy as np
import pytest

from pyg_energyloss.rigidity import kernels

POINTS = np.random.default_rng(0).normal(size=(30, 3))


@pytest.fixture
def fresh():
    kernels.compiled.cache_clear()
    yield
    kernels.compiled.cache_clear()


def test_the_loops_do_the_same_compiled_and_interpreted():
    pytest.importorskip("numba")
    near, early = kernels.nearest(POINTS, 4, 8)
    for ours, theirs in zip(
        kernels.compiled(kernels.nearest)(POINTS, 4, 8), (near, early), strict=True
    ):
        assert np.array_equal(ours, theirs)
    chosen = kernels.anchors(POINTS, early[4:], 4, 0.3)
    assert np.array_equal(kernels.compiled(kernels.anchors)(POINTS, early[4:], 4, 0.3), chosen)


def test_nearest_points_by_sorting_all_distances():
    near, early = kernels.nearest(POINTS, 4, 8)
    table = np.linalg.norm(POINTS[:, None] - POINTS, axis=2)
    np.fill_diagonal(table, np.inf)
    assert np.array_equal(near, np.argsort(table, axis=1)[:, :4])
    for i in range(8, 30):
        assert np.array_equal(early[i], np.argsort(table[i, :i])[:8])
    assert early[1].tolist() == [0] * 8


def test_without_a_folder_to_keep_code_in_it_still_compiles(fresh, monkeypatch):
    numba = pytest.importorskip("numba")
    real = numba.njit

    def without_cache(**options):
        if options.get("cache"):
            raise RuntimeError("cannot cache function: no locator available")
        return real(**options)

    monkeypatch.setattr(numba, "njit", without_cache)
    near, _ = kernels.compiled(kernels.nearest)(POINTS, 2, 2)
    assert near.shape == (30, 2)
