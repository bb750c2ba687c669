"""The rigidity matrix and its normal equations."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def rigidity_matrix(pairs: NDArray[np.int64], pos: NDArray[np.float64]) -> NDArray[np.float64]:
    """Derivative of the half squared lengths [num_pairs, num_nodes * dim].

    Row of pair (i, j): pos_i - pos_j in the columns of i, its negative in those of j.
    """
    num_nodes, dim = pos.shape
    count = pairs.shape[1]
    matrix = np.zeros((count, num_nodes, dim))
    row = np.arange(count)
    vector = pos[pairs[0]] - pos[pairs[1]]
    matrix[row, pairs[0]] = vector
    matrix[row, pairs[1]] = -vector
    return matrix.reshape(count, num_nodes * dim)


def stiffness_matrix(
    pairs: NDArray[np.int64],
    pos: NDArray[np.float64],
    stiffness: NDArray[np.float64],
    *,
    unit: bool = True,
) -> NDArray[np.float64]:
    """Hessian of the sum of ½ k (length - true length)² at the true placement [n dim, n dim].

    Args:
        pairs: each pair once [2, num_pairs].
        pos: positions [num_nodes, dim].
        stiffness: k per pair [num_pairs].
        unit: use unit vectors along the pairs, as the energy does; else the vectors themselves,
            which gives the product of the rigidity matrix with its transpose.
    """
    num_nodes, dim = pos.shape
    vector = pos[pairs[1]] - pos[pairs[0]]
    scale = np.asarray(stiffness, np.float64)
    if unit:
        square = np.einsum("ij,ij->i", vector, vector)
        scale = np.where(square > 0.0, scale / np.where(square > 0.0, square, 1.0), 0.0)
    block = scale[:, None, None] * vector[:, :, None] * vector[:, None, :]
    matrix = np.zeros((num_nodes, num_nodes, dim, dim))
    matrix[pairs[0], pairs[1]] = -block
    matrix[pairs[1], pairs[0]] = -block
    diagonal = -matrix.sum(axis=1)
    index = np.arange(num_nodes)
    matrix[index, index] = diagonal
    return np.ascontiguousarray(matrix.transpose(0, 2, 1, 3)).reshape(
        num_nodes * dim, num_nodes * dim
    )


def rigid_motions(pos: NDArray[np.float64]) -> NDArray[np.float64]:
    """Orthonormal basis of infinitesimal translations and rotations [num_nodes * dim, count]."""
    num_nodes, dim = pos.shape
    centred = pos - pos.mean(axis=0)
    motions = []
    for axis in range(dim):
        shift = np.zeros((num_nodes, dim))
        shift[:, axis] = 1.0
        motions.append(shift.ravel())
    for first in range(dim):
        for second in range(first):
            turn = np.zeros((num_nodes, dim))
            turn[:, first] = centred[:, second]
            turn[:, second] = -centred[:, first]
            motions.append(turn.ravel())
    basis, size, _ = np.linalg.svd(np.stack(motions, axis=1), full_matrices=False)
    kept: NDArray[np.float64] = basis[:, size > 1e-9 * max(size[0], 1e-300)]
    return kept
