"""A set of springs between the nodes and fixed heights: the matrix form of the elastic energy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from torch import Tensor

from pyg_energyloss_springs.basis import grouped_basis
from pyg_energyloss_springs.grid import Grid


@dataclass(frozen=True)
class Springs:
    """Springs, each pulling one weighted sum of node heights to its rest value.

    U(x) = sum over springs s of k_s/2 (A_s x - r_s)^2

    Args:
        matrix: A [num_springs, num_nodes], sparse.
        rest: r [num_springs, num_outputs], in units of the output.
        stiffness: k [num_springs], energy per output^2.
    """

    matrix: sparse.csr_array
    rest: NDArray[np.float64]
    stiffness: NDArray[np.float64]

    @property
    def num_nodes(self) -> int:
        """How many heights there are per output."""
        return int(self.matrix.shape[1])

    def __add__(self, other: Springs) -> Springs:
        """Both sets of springs at once."""
        return Springs(
            sparse.csr_array(sparse.vstack([self.matrix, other.matrix])),
            np.concatenate([self.rest, other.rest]),
            np.concatenate([self.stiffness, other.stiffness]),
        )


def data_springs(
    points: Tensor,
    values: Tensor,
    grids: Sequence[Grid],
    *,
    stiffness: float | NDArray[np.float64] = 1.0,
) -> Springs:
    """One spring from every data point to its stick; their energy is k n/2 times the MSE.

    Args:
        points: inputs [num_points, num_features].
        values: targets [num_points, num_outputs].
        grids: one per group of features.
        stiffness: k, one number or one per point.

    Returns:
        num_points springs.
    """
    index, weight = grouped_basis(points.detach().double().cpu(), grids)
    count, corners = index.shape
    rows = np.repeat(np.arange(count), corners)
    matrix = sparse.csr_array(
        (weight.numpy().ravel(), (rows, index.numpy().ravel())),
        shape=(count, sum(grid.num_nodes for grid in grids)),
    )
    return Springs(
        matrix,
        values.detach().double().cpu().numpy(),
        np.broadcast_to(np.asarray(stiffness, dtype=np.float64), count).copy(),
    )


def hinge_springs(grids: Sequence[Grid], *, stiffness: float, num_outputs: int) -> Springs:
    """A spring in every hinge that straightens it: k/2 (x_{j-1} - 2 x_j + x_{j+1})^2.

    Straight sticks cost nothing, so the sticks continue straight where there are no data. It is the
    penalty of P-splines on the coefficients.

    Args:
        grids: one per group of features.
        stiffness: k.
        num_outputs: how many outputs there are.

    Returns:
        One spring per inner node of every line of every grid.

    Source: Eilers, Marx, Statistical Science 11, 89 (1996), for the penalty.
    """
    return _differences(grids, (1.0, -2.0, 1.0), stiffness, num_outputs)


def anchor_springs(
    num_nodes: int, rest: NDArray[np.float64], *, stiffness: float | NDArray[np.float64]
) -> Springs:
    """A spring from every node to a height of rest.

    Args:
        num_nodes: how many nodes there are.
        rest: heights of rest [num_outputs], or one row per node.
        stiffness: k, one number or one per node.

    Returns:
        num_nodes springs.
    """
    return Springs(
        sparse.csr_array(sparse.identity(num_nodes)),
        np.broadcast_to(rest, (num_nodes, np.shape(rest)[-1])).astype(np.float64),
        np.broadcast_to(np.asarray(stiffness, dtype=np.float64), num_nodes).copy(),
    )


def _differences(
    grids: Sequence[Grid], stencil: tuple[float, ...], stiffness: float, num_outputs: int
) -> Springs:
    total, offset, rows = sum(grid.num_nodes for grid in grids), 0, []
    for grid in grids:
        number = np.arange(offset, offset + grid.num_nodes).reshape(grid.shape)
        for axis, length in enumerate(grid.shape):
            last = length - len(stencil) + 1
            if last > 0:
                shifted = [np.take(number, range(i, i + last), axis) for i in range(len(stencil))]
                rows.append(np.stack([part.ravel() for part in shifted], axis=1))
        offset += grid.num_nodes
    columns = np.concatenate(rows) if rows else np.empty((0, len(stencil)), dtype=np.int64)
    count = len(columns)
    matrix = sparse.csr_array(
        (
            np.tile(stencil, count),
            (np.repeat(np.arange(count), len(stencil)), columns.ravel()),
        ),
        shape=(count, total),
    )
    return Springs(matrix, np.zeros((count, num_outputs)), np.full(count, float(stiffness)))
