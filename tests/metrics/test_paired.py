"""A difference counts if other seeds and other molecules would show it too."""

import numpy as np
import pytest

from pyg_energyloss.metrics import paired_difference


def errors(seeds=3, molecules=200, seed=0):
    rng = np.random.default_rng(seed)
    return rng.gamma(2.0, 0.1, molecules) + 0.01 * rng.normal(size=(seeds, molecules))


def test_a_small_shift_of_every_molecule_is_found_below_their_spread():
    first = errors()
    found = paired_difference(first, first + 0.01)
    assert found.mean == pytest.approx(-0.01)
    assert found.low == pytest.approx(-0.01)
    assert found.sign == -1
    assert paired_difference(first + 0.01, first).sign == 1


def test_seeds_that_disagree_leave_it_open():
    first = errors()
    shift = np.array([[-0.3], [0.25], [-0.2]])
    assert paired_difference(first, first + shift).sign == 0
    assert paired_difference(first[:1], first[:1] + shift[:1]).sign == 1  # one seed cannot know


def test_few_molecules_that_disagree_leave_it_open():
    first = np.ones((3, 4))
    second = first + np.array([0.5, -0.4, 0.3, -0.1])
    assert paired_difference(first, second).sign == 0


def test_the_interval_of_one_seed_is_that_of_the_mean():
    """Central limit: mean ± 1.96 standard errors."""
    rng = np.random.default_rng(1)
    first, second = np.zeros((1, 400)), rng.normal(0.1, 1.0, (1, 400))
    found = paired_difference(first, second)
    half = 1.96 * second.std() / 20
    assert found.low == pytest.approx(-second.mean() - half, abs=0.01)
    assert found.high == pytest.approx(-second.mean() + half, abs=0.01)


def test_a_molecule_without_a_value_is_left_out():
    first, second = errors(), errors(seed=1)
    with_gap = first.copy()
    with_gap[1, 7] = np.nan
    kept = np.delete(np.arange(200), 7)
    assert paired_difference(with_gap, second) == paired_difference(first[:, kept], second[:, kept])


def test_wrong_shapes():
    with pytest.raises(ValueError, match=r"must be of one shape \[num_seeds, num_molecules\]"):
        paired_difference(errors(), errors(seeds=2))
    with pytest.raises(ValueError, match=r"must be of one shape"):
        paired_difference(errors()[0], errors()[0])
    with pytest.raises(ValueError, match="no molecule that both have a value for"):
        paired_difference([[np.nan]], [[1.0]])
