"""Rigidity of a graph for almost all placements, in any dimension."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from pyg_energyloss.rigidity.graph import check_dim, is_complete, undirected_pairs
from pyg_energyloss.rigidity.matrix import rigid_motions, stiffness_matrix
from pyg_energyloss.rigidity.pebble_game import count_independent

_TRIALS = 3
#: Eigenvalues below these shares of the largest count as zero. Generic zeros come out near 1e-15
#: and 1e-13, the softest rigid graphs met (6-regular, 1 000 nodes) above 1e-9 and 1e-8.
_SOFT = 1e-12
_STRESSLESS = 1e-10


def is_rigid(edge_index: Any, num_nodes: int, dim: int = 3, *, seed: int = 0) -> bool:
    """Tell whether almost every placement of the graph in R^dim has no deformation.

    rank of the rigidity matrix at a random placement = dim n - dim (dim + 1) / 2. In two dimensions
    the pebble game decides it by integers alone. Elsewhere True is certain up to rounding, False
    only almost surely, since a random placement may be special with probability zero.

    Args:
        edge_index: [2, num_edges], one direction or both.
        num_nodes: number of nodes n.
        dim: dimension of space.
        seed: seed of the random placements.

    Returns:
        Whether the graph is generically rigid.

    Raises:
        ValueError: wrong shape, node out of range, or ``dim`` below 1.

    Example:
        >>> square = [[0, 1, 2, 3], [1, 2, 3, 0]]
        >>> is_rigid(square, 4, dim=2), is_rigid([[0, 1, 2, 3, 0], [1, 2, 3, 0, 2]], 4, dim=2)
        (False, True)

    Source: Asimow, Roth, Trans. AMS 245, 279 (1978); for dim 2 Jacobs, Hendrickson, J. Comput.
    Phys. 137, 346 (1997).
    """
    check_dim(dim)
    pairs = undirected_pairs(edge_index, num_nodes)
    if num_nodes <= dim + 1:
        return is_complete(pairs, num_nodes)
    need = dim * num_nodes - dim * (dim + 1) // 2
    if pairs.shape[1] < need:
        return False
    if dim == 2:  # noqa: PLR2004 - the plane has an exact test
        return count_independent(pairs, num_nodes) == need
    rng = np.random.default_rng(seed)
    return any(
        _factor(pairs, rng.standard_normal((num_nodes, dim))) is not None for _ in range(_TRIALS)
    )


def is_globally_rigid(edge_index: Any, num_nodes: int, dim: int = 3, *, seed: int = 0) -> bool:
    """Tell whether the lengths of almost every placement in R^dim fix it up to congruence.

    Holds if and only if a generic placement has an equilibrium stress whose matrix has rank
    n - dim - 1; a random placement and a random stress decide it. True is certain up to rounding,
    False almost surely.

    Args:
        edge_index: [2, num_edges], one direction or both.
        num_nodes: number of nodes n; up to dim + 1 nodes only the complete graph will do.
        dim: dimension of space.
        seed: seed of the random placements and stresses.

    Returns:
        Whether the graph is generically globally rigid.

    Raises:
        ValueError: wrong shape, node out of range, or ``dim`` below 1.

    Example:
        >>> cycle, bipyramid = [[0, 1, 2, 3], [1, 2, 3, 0]], [[0, 1, 2, 0, 3], [1, 2, 3, 3, 1]]
        >>> is_globally_rigid(cycle, 4, dim=1), is_globally_rigid(bipyramid, 4, dim=2)
        (True, False)

    Source: Connelly, Discrete Comput. Geom. 33, 549 (2005), sufficient; Gortler, Healy, Thurston,
    arXiv 0710.0926, necessary, and the randomised test.
    """
    check_dim(dim)
    pairs = undirected_pairs(edge_index, num_nodes)
    if num_nodes <= dim + 1 or is_complete(pairs, num_nodes):
        return is_complete(pairs, num_nodes)
    degree = np.bincount(pairs.ravel(), minlength=num_nodes)
    if pairs.shape[1] <= dim * num_nodes - dim * (dim + 1) // 2 or degree.min() <= dim:
        return False
    rng = np.random.default_rng(seed)
    return any(_stress_fixes(pairs, num_nodes, dim, rng) for _ in range(_TRIALS))


def random_stress(
    pairs: NDArray[np.int64], pos: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.float64] | None:
    """A random equilibrium stress of a rigid placement [num_pairs], or None if it is not rigid.

    A random vector minus its part in the range of the rigidity matrix, projected until nothing of
    that part is left.
    """
    factor = _factor(pairs, pos)
    if factor is None:
        return None
    vector = pos[pairs[0]] - pos[pairs[1]]
    stress: NDArray[np.float64] = np.asarray(rng.standard_normal(pairs.shape[1]))
    for _ in range(3):
        force = np.zeros_like(pos)
        np.add.at(force, pairs[0], stress[:, None] * vector)
        np.add.at(force, pairs[1], -stress[:, None] * vector)
        motion = cho_solve(factor, force.ravel()).reshape(pos.shape)
        stress = stress - np.einsum("ij,ij->i", vector, motion[pairs[0]] - motion[pairs[1]])
    return stress


def _stress_fixes(
    pairs: NDArray[np.int64], num_nodes: int, dim: int, rng: np.random.Generator
) -> bool:
    stress = random_stress(pairs, rng.standard_normal((num_nodes, dim)), rng)
    if stress is None:
        return False
    matrix = np.zeros((num_nodes, num_nodes))
    matrix[pairs[0], pairs[1]] = -stress
    matrix[pairs[1], pairs[0]] = -stress
    matrix[np.diag_indices(num_nodes)] = -matrix.sum(axis=1)
    size = np.sort(np.abs(np.linalg.eigvalsh(matrix)))
    return bool(size[dim + 1] > _STRESSLESS * size[-1])


def _factor(pairs: NDArray[np.int64], pos: NDArray[np.float64]) -> Any | None:
    """Cholesky factor of the normal equations plus the rigid motions, None if singular."""
    matrix = stiffness_matrix(pairs, pos, np.ones(pairs.shape[1]), unit=False)
    motions = rigid_motions(pos)
    top = float(np.trace(matrix)) / max(pos.shape[0], 1)
    matrix += top * (motions @ motions.T)
    try:
        factor = cho_factor(matrix, lower=True, overwrite_a=True, check_finite=False)
    except LinAlgError:
        return None
    probe = np.random.default_rng(0).standard_normal(matrix.shape[0])
    for _ in range(6):
        probe = cho_solve(factor, probe / np.linalg.norm(probe), check_finite=False)
    # Inverse iteration: the length of the last image is one over the smallest eigenvalue.
    smallest = 1.0 / float(np.linalg.norm(probe))
    return factor if smallest > _SOFT * top else None
