"""Which nodes carry a point, and with which weights: multilinear interpolation."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import torch
from torch import Tensor

from pyg_energyloss_springs.grid import Grid


def multilinear_basis(points: Tensor, grid: Grid) -> tuple[Tensor, Tensor]:
    """Find the corners of the cell around each point and their weights.

    In one dimension a point at the fraction t of a stick has weights 1 - t and t; in more, products
    of these. Points outside of the grid count as on its border.

    Args:
        points: inputs [num_points, num_features].
        grid: nodes over some of the features.

    Returns:
        Node of each corner [num_points, 2^axes], and its weight, same shape, which sums to one and
        is differentiable in the points.

    >>> grid = Grid(features=(0,), low=(0.0,), high=(2.0,), sticks=(2,))
    >>> multilinear_basis(torch.tensor([[0.25], [2.0]]), grid)
    (tensor([[0, 1],
            [1, 2]]), tensor([[0.7500, 0.2500],
            [0.0000, 1.0000]]))

    Source: arXiv 2508.19015, piecewise-linear sticks.
    """
    chosen = points[:, list(grid.features)]
    low = chosen.new_tensor(grid.low)
    length = (chosen.new_tensor(grid.high) - low) / chosen.new_tensor(grid.sticks)
    along = (chosen - low) / length
    last = torch.tensor(grid.sticks, device=points.device)
    along = torch.minimum(along.clamp(min=0.0), last.to(along))
    # A point that is not a number goes to some cell; its weights stay NaN.
    cell = torch.minimum(along.detach().floor().long(), last - 1).clamp(min=0)
    fraction = along - cell
    strides = [1] * len(grid.sticks)
    for axis in range(len(strides) - 2, -1, -1):
        strides[axis] = strides[axis + 1] * grid.shape[axis + 1]
    corners = torch.tensor(list(product((0, 1), repeat=len(strides))), device=points.device)
    index = ((cell[:, None] + corners) * torch.tensor(strides, device=points.device)).sum(dim=2)
    weight = torch.where(corners.bool(), fraction[:, None], 1 - fraction[:, None]).prod(dim=2)
    return index, weight


def grouped_basis(points: Tensor, grids: Sequence[Grid]) -> tuple[Tensor, Tensor]:
    """Put the bases of several grids side by side; nodes are numbered grid after grid.

    Args:
        points: inputs [num_points, num_features].
        grids: one per group of features.

    Returns:
        Nodes [num_points, num_corners] and weights, same shape; the weights of each grid sum to
        one, so that the prediction is the sum over the groups.
    """
    parts, offset = [], 0
    for grid in grids:
        index, weight = multilinear_basis(points, grid)
        parts.append((index + offset, weight))
        offset += grid.num_nodes
    return torch.cat([p[0] for p in parts], dim=1), torch.cat([p[1] for p in parts], dim=1)
