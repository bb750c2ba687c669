"""Springs and sticks as a torch module."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import torch
from torch import Tensor, nn

from pyg_energyloss_springs.basis import grouped_basis
from pyg_energyloss_springs.grid import Grid
from pyg_energyloss_springs.mechanics.mass import stick_mass
from pyg_energyloss_springs.mechanics.minimum import minimum
from pyg_energyloss_springs.mechanics.springs import (
    Springs,
    anchor_springs,
    data_springs,
    hinge_springs,
)

#: A way to the minimum: springs and mass matrix -> heights [num_nodes, num_outputs].
Relaxation = Callable[[Springs, Tensor], Tensor]


class SpringsAndSticks(nn.Module):
    """A grid of nodes joined by sticks, a spring from every data point to its stick.

    f(u) = sum over corners of the cell around u of weight x height (sum over groups),
    U = k/2 sum_i (f(u_i) - y_i)^2 + bending/2 sum (x_{j-1} - 2 x_j + x_{j+1})^2
        + anchor/2 sum (x_j - rest / num_groups)^2

    The first term is k n m/2 times the mean squared error of n points and m outputs. Outside of the
    grid the prediction is that on its border. The heights are an ordinary parameter: any optimiser
    can move them as well.

    Args:
        grids: one per group of features, see `make_grids`.
        num_outputs: how many outputs there are.
        stiffness: k of the springs to the data.
        bending: of the springs in the hinges; zero for free hinges.
        anchor: of the springs that hold every node so that the prediction is ``rest``, a buffer
            [num_outputs] that is zero unless set; zero for none.
        mass: of a stick.

    Raises:
        ValueError: no grid, or a stiffness that is negative (that of the data: or zero).

    >>> from pyg_energyloss_springs.grid import make_grids
    >>> model = SpringsAndSticks(make_grids([0.0], [1.0], sticks=1)).double()
    >>> u = torch.tensor([[0.0], [0.5], [1.0]], dtype=torch.float64)
    >>> _ = model.relax(u, 2 * u + 1)
    >>> model(torch.tensor([[0.25]], dtype=torch.float64)).detach()
    tensor([[1.5000]], dtype=torch.float64)

    Source: arXiv 2508.19015. The hinges' springs and the anchors are ours; they say what happens in
    cells without data.
    """

    rest: Tensor

    def __init__(
        self,
        grids: Sequence[Grid],
        *,
        num_outputs: int = 1,
        stiffness: float = 1.0,
        bending: float = 0.0,
        anchor: float = 0.0,
        mass: float = 1.0,
    ) -> None:
        super().__init__()
        if not grids:
            raise ValueError("`grids` must hold at least one grid; `make_grids` makes them")
        if not stiffness > 0 or bending < 0 or anchor < 0:
            raise ValueError(
                "`stiffness` must be positive, `bending` and `anchor` not negative, got "
                f"{stiffness}, {bending} and {anchor}"
            )
        self.grids = tuple(grids)
        self.stiffness, self.bending, self.anchor, self.mass = stiffness, bending, anchor, mass
        count = sum(grid.num_nodes for grid in self.grids)
        self.heights = nn.Parameter(torch.zeros(count, num_outputs))
        self.register_buffer("rest", torch.zeros(num_outputs))

    def forward(self, points: Tensor) -> Tensor:
        """Return the heights of the sticks at ``points`` [num_points, num_features].

        Returns:
            Predictions [num_points, num_outputs], differentiable in heights and points.
        """
        index, weight = grouped_basis(points, self.grids)
        return (self.heights[index] * weight[:, :, None]).sum(dim=1)

    def energy(self, points: Tensor, values: Tensor) -> Tensor:
        """Return the elastic energy U (scalar) for targets [num_points, num_outputs]."""
        total: Tensor = 0.5 * self.stiffness * (self(points) - values).square().sum()
        total = total + 0.5 * self.anchor * (self.heights - self._base()).square().sum()
        start = 0
        for grid in self.grids:
            heights = self.heights[start : start + grid.num_nodes].view(*grid.shape, -1)
            for axis in range(len(grid.shape)):
                bend = torch.diff(heights, n=2, dim=axis)
                total = total + 0.5 * self.bending * bend.square().sum()
            start += grid.num_nodes
        return total

    def data_springs(self, points: Tensor, values: Tensor) -> Springs:
        """Return the springs to the data alone."""
        return data_springs(points, values, self.grids, stiffness=self.stiffness)

    def own_springs(self) -> Springs:
        """Return hinges and anchors, which are there without data."""
        count, outputs = self.heights.shape
        rest = self._base().double().cpu().numpy()
        hinges = hinge_springs(self.grids, stiffness=self.bending, num_outputs=outputs)
        return hinges + anchor_springs(count, rest, stiffness=self.anchor)

    def springs(self, points: Tensor, values: Tensor) -> Springs:
        """Return all springs; `quadratic_energy` makes their energy of them."""
        return self.data_springs(points, values) + self.own_springs()

    def mass_matrix(self) -> Tensor:
        """Return the inertia of the sticks [num_nodes, num_nodes], float64."""
        return stick_mass(self.grids, mass=self.mass)

    def relax(
        self, points: Tensor, values: Tensor, *, method: Relaxation = minimum
    ) -> SpringsAndSticks:
        """Attach springs to data, let the sticks come to rest, keep the heights.

        Args:
            points: inputs [num_points, num_features].
            values: targets [num_points, num_outputs].
            method: `minimum` solves for the rest; `damped_motion` and `overdamped_motion` get there
                as a mechanical system does; any function of springs and mass matrix will do.

        Returns:
            The module itself.

        Raises:
            ValueError: shapes do not fit.
        """
        if values.ndim != 2 or values.size(1) != self.heights.size(1) or len(values) != len(points):  # noqa: PLR2004 - points and outputs
            raise ValueError(
                f"`values` must have the shape [{len(points)}, {self.heights.size(1)}], got "
                f"{list(values.shape)}"
            )
        # Measured from the rest, so that the least norm is the least departure from it.
        base = self._base().double().cpu()
        springs = self.springs(points, values)
        moved = springs.rest - springs.matrix.sum(axis=1)[:, None] * base.numpy()
        heights = base + method(replace(springs, rest=moved), self.mass_matrix())
        with torch.no_grad():
            self.heights.copy_(heights)
        return self

    def _base(self) -> Tensor:
        return self.rest / len(self.grids)
