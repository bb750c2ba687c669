import numpy as np
import pytest

from pyg_energyloss.rigidity import affine_frame


@pytest.mark.parametrize("dim", [1, 2, 3, 4, 5])
def test_a_generic_structure_needs_one_point_more_than_its_dimension(dim):
    pos = np.random.default_rng(dim).normal(size=(20, dim))
    hubs, height = affine_frame(pos)
    assert len(set(hubs.tolist())) == dim + 1
    assert height > 0


@pytest.mark.parametrize("inner", [0, 1, 2])
def test_a_flat_structure_needs_only_its_own_dimension(inner):
    rng = np.random.default_rng(inner)
    axes = np.linalg.qr(rng.normal(size=(3, 3)))[0][:, :inner]
    pos = rng.normal(size=(20, inner)) @ axes.T + 7.0
    assert len(affine_frame(pos)[0]) == inner + 1


def test_heights_below_the_tolerance_do_not_count():
    pos = np.array([[0.0, 0, 0], [10, 0, 0], [5, 4, 0], [5, 1, 5e-5]])
    assert len(affine_frame(pos)[0]) == 3
    assert len(affine_frame(pos, tolerance=1e-6)[0]) == 4


def test_the_unit_of_length_does_not_matter():
    pos = np.random.default_rng(0).normal(size=(30, 3))
    assert np.array_equal(affine_frame(pos)[0], affine_frame(1e-6 * pos)[0])


def test_no_atoms_and_one_atom():
    assert len(affine_frame(np.empty((0, 3)))[0]) == 0
    assert affine_frame(np.zeros((1, 3)))[0].tolist() == [0]
