"""How stiff a placement is: the low end of the energy's Hessian."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse.linalg import LinearOperator, eigsh

from pyg_energyloss.rigidity.matrix import rigid_motions, stiffness_matrix

_DENSE = 300
#: Eigenvalues below this share of the largest count as soft modes.
_SOFT = 1e-10


class Spectrum(NamedTuple):
    """Eigenvalues of the Hessian, rigid motions left out, in the unit of the stiffness.

    ``smallest`` and ``largest`` of the stiff modes; ``soft_modes``: how many deformations cost
    nothing to second order.
    """

    smallest: float
    largest: float
    soft_modes: int

    @property
    def condition(self) -> float:
        """Largest over smallest eigenvalue; infinite without any."""
        return self.largest / self.smallest if self.smallest > 0.0 else np.inf


def stiffness_spectrum(
    pairs: NDArray[np.int64], pos: NDArray[np.float64], stiffness: NDArray[np.float64]
) -> Spectrum:
    """Extreme eigenvalues of the Hessian of Σ ½ k (length - true length)² at the true placement.

    Args:
        pairs: each pair once [2, num_pairs].
        pos: positions [num_nodes, dim].
        stiffness: k times weight per pair [num_pairs].

    Returns:
        The spectrum; both directions of an edge, as PyG stores them, double it.

    Example:
        >>> pos = np.array([[0.0], [1.0], [3.0]])
        >>> round(stiffness_spectrum(np.array([[0, 1], [1, 2]]), pos, np.ones(2)).smallest, 9)
        1.0
    """
    num_nodes, dim = pos.shape
    if num_nodes < 2 or pairs.shape[1] == 0:  # noqa: PLR2004 - nothing to deform
        return Spectrum(0.0, 0.0, max(num_nodes * dim - _num_motions(pos), 0))
    matrix = stiffness_matrix(pairs, pos, stiffness)
    motions = rigid_motions(pos)
    if matrix.shape[0] <= _DENSE:
        return _dense(matrix, motions.shape[1])
    return _lanczos(matrix, motions)


def _num_motions(pos: NDArray[np.float64]) -> int:
    return rigid_motions(pos).shape[1] if len(pos) else 0


def _dense(matrix: NDArray[np.float64], num_motions: int) -> Spectrum:
    values = np.linalg.eigvalsh(matrix)
    top = float(values[-1])
    values = values[num_motions:]
    stiff = values[values > _SOFT * top]
    return Spectrum(float(stiff[0]) if len(stiff) else 0.0, top, len(values) - len(stiff))


def _lanczos(matrix: NDArray[np.float64], motions: NDArray[np.float64]) -> Spectrum:
    start = np.random.default_rng(0).standard_normal(matrix.shape[0])
    top = float(eigsh(matrix, k=1, which="LA", v0=start, return_eigenvectors=False)[0])
    # Rigid motions go to the top, the rest is lifted by less than what counts as soft.
    lift = 0.01 * _SOFT * top
    shifted: NDArray[np.float64] = np.asarray(matrix + top * (motions @ motions.T))
    shifted[np.diag_indices(len(shifted))] += lift
    factor = cho_factor(shifted, lower=True, overwrite_a=True)
    inverse = LinearOperator(
        shifted.shape, matvec=lambda x: cho_solve(factor, x, check_finite=False), dtype=float
    )
    wanted = 2  # mostly there are no soft modes, and the first one found is stiff
    while True:
        count = min(wanted, matrix.shape[0] - 2)
        found: Any = eigsh(
            inverse, k=count, which="LA", v0=start, return_eigenvectors=False, tol=1e-6
        )
        values = np.sort(1.0 / found - lift)
        stiff = values[values > _SOFT * top]
        if len(stiff) or count < wanted:
            return Spectrum(
                float(stiff[0]) if len(stiff) else 0.0, top, int(len(values) - len(stiff))
            )
        wanted *= 4
