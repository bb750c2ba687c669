"""A quadratic energy of node heights: value, force, minimum."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from scipy import sparse
from torch import Tensor

from pyg_energyloss_springs.mechanics.springs import Springs


@dataclass(frozen=True)
class QuadraticEnergy:
    """U(x) = x.K.x/2 - b.x + c, for each column of x on its own.

    Args:
        stiffness: K [num_nodes, num_nodes], symmetric.
        pull: b [num_nodes, num_columns]; one column serves any number of columns of x.
        offset: c [num_columns].

    >>> energy = QuadraticEnergy(torch.eye(1), torch.tensor([[3.0]]), torch.tensor([4.5]))
    >>> energy.value(torch.tensor([[1.0, 3.0]])), energy.force(torch.tensor([[1.0, 3.0]]))
    (tensor([2., 0.]), tensor([[2., 0.]]))
    """

    stiffness: Tensor
    pull: Tensor
    offset: Tensor

    def value(self, heights: Tensor) -> Tensor:
        """Return the energy of each column of ``heights`` [num_nodes, num_columns]."""
        half: Tensor = 0.5 * (self.stiffness @ heights)
        return ((half - self.pull) * heights).sum(dim=0) + self.offset

    def force(self, heights: Tensor) -> Tensor:
        """Return b - K x, the negative gradient, same shape as ``heights``."""
        return torch.addmm(self.pull, self.stiffness, heights, alpha=-1.0)

    def repeat(self, times: int) -> QuadraticEnergy:
        """The same energy for ``times`` copies of its columns, one set after the other."""
        return QuadraticEnergy(
            self.stiffness, self.pull.repeat(1, times), self.offset.repeat(times)
        )

    def mix(self, other: QuadraticEnergy, share: float) -> QuadraticEnergy:
        """(1 - share) of this energy and ``share`` of the other."""
        return QuadraticEnergy(
            torch.lerp(self.stiffness, other.stiffness, share),
            torch.lerp(self.pull, other.pull, share),
            torch.lerp(self.offset, other.offset, share),
        )

    def factor(self) -> Tensor:
        """Return the Cholesky factor of K, lower triangular.

        Raises:
            ValueError: K is not positive definite: some motion of the nodes costs nothing.
        """
        factor: Tensor
        factor, info = torch.linalg.cholesky_ex(self.stiffness)
        scale = self.stiffness.diagonal().max().clamp(min=1e-300)
        smallest = factor.diagonal().square().min()
        if int(info) or not bool(smallest > 1e-13 * scale):
            raise ValueError(
                "`energy` is flat along some motion of the nodes (a cell without data, or groups "
                "that share a constant), so it has no equilibrium at a finite temperature; give "
                "the sticks `bending` or `anchor` springs, or use fewer sticks"
            )
        return factor

    def minimum(self) -> Tensor:
        """Return the heights of least energy, same shape as ``pull``; ValueError as `factor`."""
        return torch.cholesky_solve(self.pull, self.factor())


def quadratic_energy(springs: Springs) -> QuadraticEnergy:
    """Return the dense quadratic form of a set of springs, float64.

    >>> import numpy as np
    >>> from pyg_energyloss_springs.mechanics.springs import anchor_springs
    >>> energy = quadratic_energy(anchor_springs(2, np.array([1.0]), stiffness=4.0))
    >>> energy.value(torch.zeros(2, 1, dtype=torch.float64))
    tensor([4.], dtype=torch.float64)
    """
    weighted = sparse.csr_array(sparse.diags(springs.stiffness) @ springs.matrix)
    stiffness = torch.from_numpy((springs.matrix.T @ weighted).toarray())
    offset = 0.5 * (springs.stiffness[:, None] * springs.rest**2).sum(axis=0)
    return QuadraticEnergy(
        0.5 * (stiffness + stiffness.T),
        torch.from_numpy(weighted.T @ springs.rest),
        torch.from_numpy(offset),
    )
