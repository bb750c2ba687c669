"""Fingerprints and families are of the crystal, not of how it is written down."""

import numpy as np
import pytest

from pyg_energyloss.data.crystals import (
    CrystalTable,
    coordination_families,
    distance_fingerprint,
    unique_rows,
)
from pyg_energyloss.data.crystals.named import embedded

DIAMOND = np.array([[0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]]) * 3.567


def graphene(height=6.7):
    """Graphite in AA stacking, one layer in the cell."""
    cell = np.array([[2.46, 0, 0], [-1.23, 2.1304, 0], [0, 0, height / 2]])
    return np.array([6, 6]), np.array([[0, 0, 0], [1 / 3, 2 / 3, 0]]), cell


def diamond(shift=0.0):
    return np.array([6, 6]), np.array([[0, 0, 0], [0.25, 0.25, 0.25]]) + shift, DIAMOND


def written_otherwise(crystal, rng):
    """Another origin, order, supercell and unimodular change of the cell."""
    z, fraction, cell = crystal
    fraction = fraction + rng.random(3)
    twice = np.concatenate([fraction, fraction + np.array([0, 1, 0])]) / [1, 2, 1]
    cell = cell * np.array([1, 2, 1])[:, None]
    change = np.array([[1, 0, 0], [1, 1, 0], [0, -2, 1]])
    order = rng.permutation(len(twice))
    twice = twice[order] @ np.linalg.inv(change) + rng.integers(-2, 3, (len(twice), 3))
    return np.concatenate([z, z])[order], twice, change @ cell


def table_of(crystals):
    return CrystalTable.stacked(list(crystals), [str(i) for i in range(len(crystals))])


def crystals_of(table):
    for start, stop, cell in zip(table.ptr[:-1], table.ptr[1:], table.cell, strict=True):
        yield table.z[start:stop], table.fraction[start:stop], cell


@pytest.mark.parametrize("name", ["perov_5_small", "carbon_24_small"])
def test_neither_depends_on_how_a_crystal_is_written(name):
    rng = np.random.default_rng(0)
    table = embedded(name).take(np.arange(6))
    other = table_of([written_otherwise(c, rng) for c in crystals_of(table)])
    np.testing.assert_allclose(distance_fingerprint(other), distance_fingerprint(table), atol=1e-6)
    both = table_of([*crystals_of(table), *crystals_of(other)])
    family = coordination_families(both)
    assert (family[:6] == family[6:]).all()
    assert len(unique_rows(both)) == len(unique_rows(table))


def test_diamond_and_graphite_are_of_two_families():
    table = table_of([diamond(), graphene(), diamond(0.3), graphene(7.0)])
    assert coordination_families(table).tolist() == [0, 1, 0, 1]


def test_the_nearest_neighbours_of_diamond_are_four_at_one_length():
    first = distance_fingerprint(table_of([diamond()]), neighbours=5)[0]
    np.testing.assert_allclose(first[:4], 3.567 * 3**0.5 / 4)
    np.testing.assert_allclose(first[4], 3.567 / 2**0.5)


def test_crystals_that_differ_by_less_than_the_tolerance_are_kept_once():
    table = table_of([diamond(), diamond(0.4), graphene(6.7), graphene(6.72), graphene(7.4)])
    assert unique_rows(table).tolist() == [0, 2, 4]
    assert unique_rows(table, tolerance=0.0).tolist() == [0, 2, 3, 4]
    assert unique_rows(table, family=np.array([0, 1, 2, 3, 3])).tolist() == [0, 1, 2, 3, 4]
    with pytest.raises(ValueError, match="`tolerance` must not be negative"):
        unique_rows(table, tolerance=-1.0)


def test_crystals_of_other_elements_are_never_the_same():
    z, fraction, cell = diamond()
    assert unique_rows(table_of([(z, fraction, cell), (z + 8, fraction, cell)])).tolist() == [0, 1]


def test_no_two_of_the_embedded_carbon_crystals_are_the_same():
    table = embedded("carbon_24_small")
    assert len(unique_rows(table)) == len(table)
    assert len(set(coordination_families(table).tolist())) == len(table)
