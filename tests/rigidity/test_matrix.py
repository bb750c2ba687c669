import numpy as np
import torch

from pyg_energyloss.rigidity.graph import undirected_pairs
from pyg_energyloss.rigidity.matrix import rigid_motions, rigidity_matrix, stiffness_matrix

RNG = np.random.default_rng(0)
POS = RNG.normal(size=(7, 3))
PAIRS = np.stack(np.triu_indices(7, 1))[:, ::2]


def test_rigidity_matrix_is_the_derivative_of_half_the_squared_lengths():
    def half_squares(pos):
        vector = pos[PAIRS[0]] - pos[PAIRS[1]]
        return 0.5 * (vector**2).sum(1)

    found = torch.autograd.functional.jacobian(half_squares, torch.from_numpy(POS))
    assert np.allclose(found.reshape(PAIRS.shape[1], -1), rigidity_matrix(PAIRS, POS))


def test_stiffness_matrix_is_the_hessian_of_the_energy_at_rest():
    stiffness = RNG.uniform(1, 2, PAIRS.shape[1])
    rest = torch.from_numpy(np.linalg.norm(POS[PAIRS[0]] - POS[PAIRS[1]], axis=1))

    def energy(flat):
        pos = flat.reshape(7, 3)
        length = (pos[PAIRS[0]] - pos[PAIRS[1]]).norm(dim=1)
        return (0.5 * torch.from_numpy(stiffness) * (length - rest) ** 2).sum()

    found = torch.autograd.functional.hessian(energy, torch.from_numpy(POS.ravel()))
    assert np.allclose(found, stiffness_matrix(PAIRS, POS, stiffness))


def test_rigid_motions_cost_nothing():
    motions = rigid_motions(POS)
    assert motions.shape == (21, 6)
    assert np.allclose(motions.T @ motions, np.eye(6))
    assert np.abs(rigidity_matrix(PAIRS, POS) @ motions).max() < 1e-12


def test_a_linear_structure_has_one_rotation_less():
    assert rigid_motions(np.arange(5.0)[:, None] * np.ones(3)).shape[1] == 5


def test_pairs_are_sorted_and_single():
    edges = [[3, 1, 1, 0, 2], [1, 3, 1, 2, 0]]
    assert undirected_pairs(edges, 4).tolist() == [[0, 1], [2, 3]]
