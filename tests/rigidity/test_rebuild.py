import numpy as np
import pytest
import torch

from pyg_energyloss.rigidity import laterate, rebuild
from pyg_energyloss.rigidity.proof import aligned_error


def lengths(pairs, pos):
    return np.linalg.norm(pos[pairs[0]] - pos[pairs[1]], axis=1)


@pytest.mark.parametrize("dim", [1, 2, 3, 4])
def test_lateration_edges_are_enough(dim):
    pos = np.random.default_rng(dim).normal(size=(30, dim))
    pairs = laterate(pos).pairs
    built = rebuild(pairs, lengths(pairs, pos), 30, dim=dim)
    assert built.is_whole
    assert aligned_error(built.pos, pos) < 1e-8


@pytest.mark.parametrize("inner", [1, 2])
def test_flat_structures_in_space(inner):
    rng = np.random.default_rng(inner)
    pos = np.zeros((25, 3))
    pos[:, :inner] = rng.normal(size=(25, inner))
    pairs = laterate(pos).pairs
    assert pairs.shape[1] < (inner + 1) * 25
    built = rebuild(pairs, lengths(pairs, pos), 25)
    assert aligned_error(built.pos, pos) < 1e-3


def test_without_one_anchor_the_last_atom_stays_out():
    pos = np.random.default_rng(0).normal(size=(20, 3))
    pairs = laterate(pos).pairs[:, :-1]
    built = rebuild(pairs, lengths(pairs, pos), 20)
    assert not built.is_whole
    assert np.isnan(built.pos).any(axis=1).sum() == 1


def test_coincident_atoms():
    pos = np.repeat(np.random.default_rng(0).normal(size=(8, 3)), 2, axis=0)
    pairs = laterate(pos).pairs
    built = rebuild(torch.from_numpy(pairs), torch.from_numpy(lengths(pairs, pos)), 16)
    assert aligned_error(built.pos, pos) < 1e-4


def test_nothing_to_build():
    assert rebuild(np.empty((2, 0), int), np.empty(0), 0).is_whole
    assert rebuild(np.empty((2, 0), int), np.empty(0), 1).is_whole
    assert not rebuild(np.empty((2, 0), int), np.empty(0), 2).is_whole


def test_bad_input():
    with pytest.raises(ValueError, match="`length` must have one entry per column"):
        rebuild([[0], [1]], [1.0, 2.0], 2)
