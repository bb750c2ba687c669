"""Where the springs come to rest: the heights of least energy, solved for directly."""

from __future__ import annotations

import numpy as np
import torch
from scipy import sparse
from scipy.sparse.linalg import lsmr
from torch import Tensor

from pyg_energyloss_springs.mechanics.springs import Springs

#: Up to this many nodes the normal matrix is diagonalised; beyond, LSMR works on the sparse rows.
DENSE_NODES = 1500


def minimum(springs: Springs, mass: Tensor | None = None) -> Tensor:
    """Solve for the heights of least energy, the end of any damped motion at zero temperature.

    Where the energy is flat (cells without data, constants that groups can exchange) it is the
    minimum of least norm: nothing moves that no spring pulls.

    Args:
        springs: the springs.
        mass: unused, masses do not change where a motion ends; here so that all ways to relax are
            called alike.

    Returns:
        Heights [num_nodes, num_outputs], float64.

    >>> from pyg_energyloss_springs.mechanics.springs import anchor_springs
    >>> minimum(anchor_springs(2, np.array([3.0]), stiffness=1.0))
    tensor([[3.],
            [3.]], dtype=torch.float64)
    """
    del mass
    root = np.sqrt(springs.stiffness)
    rows = sparse.csr_array(sparse.diags(root) @ springs.matrix)
    target = root[:, None] * springs.rest
    if springs.num_nodes > DENSE_NODES:
        return torch.from_numpy(_iterate(rows, target))
    values, vectors = np.linalg.eigh((rows.T @ rows).toarray())
    keep = values > values[-1] * len(values) * np.finfo(np.float64).eps
    chosen = vectors[:, keep]
    heights = chosen @ ((chosen.T @ (rows.T @ target)) / values[keep, None])
    # One step of refinement on the rows themselves takes off what squaring them cost.
    residual = target - rows @ heights
    heights += chosen @ ((chosen.T @ (rows.T @ residual)) / values[keep, None])
    return torch.from_numpy(heights)


def _iterate(rows: sparse.csr_array, target: np.ndarray) -> np.ndarray:
    limit = 50 * rows.shape[1]
    columns = [
        lsmr(rows, column, atol=1e-13, btol=1e-13, conlim=0.0, maxiter=limit)[0]
        for column in target.T
    ]
    return np.stack(columns, axis=1)
