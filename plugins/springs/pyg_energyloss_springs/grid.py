"""A box of nodes: where the sticks of one group of features are joined."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True)
class Grid:
    """Nodes on a regular grid over some of the input features.

    Args:
        features: which columns of the input the axes are.
        low: where the grid begins along each axis, in units of the input.
        high: where it ends.
        sticks: how many sticks follow each other along each axis.

    Raises:
        ValueError: lengths differ, an axis has no extent or no stick.

    >>> grid = Grid(features=(0, 2), low=(0.0, 0.0), high=(1.0, 2.0), sticks=(2, 1))
    >>> grid.shape, grid.num_nodes, grid.num_sticks
    ((3, 2), 6, 7)
    """

    features: tuple[int, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    sticks: tuple[int, ...]

    def __post_init__(self) -> None:
        lengths = {len(self.features), len(self.low), len(self.high), len(self.sticks)}
        if len(lengths) != 1 or not self.features:
            raise ValueError(
                "`features`, `low`, `high` and `sticks` must have one entry per axis, got "
                f"{len(self.features)}, {len(self.low)}, {len(self.high)} and {len(self.sticks)}"
            )
        if min(self.sticks) < 1:
            raise ValueError(f"`sticks` must be at least 1 along each axis, got {self.sticks}")
        if not all(a < b for a, b in zip(self.low, self.high, strict=True)):
            raise ValueError(f"`low` must be below `high`, got {self.low} and {self.high}")

    @property
    def shape(self) -> tuple[int, ...]:
        """Nodes along each axis: one more than sticks."""
        return tuple(n + 1 for n in self.sticks)

    @property
    def num_nodes(self) -> int:
        """Nodes in all."""
        return math.prod(self.shape)

    @property
    def num_sticks(self) -> int:
        """Sticks in all: along every line of the grid."""
        return sum(self.num_nodes // (n + 1) * n for n in self.sticks)

    def nodes(self) -> Tensor:
        """Where the nodes are [num_nodes, axes], the last axis fastest."""
        axes = [
            torch.linspace(a, b, n + 1, dtype=torch.float64)
            for a, b, n in zip(self.low, self.high, self.sticks, strict=True)
        ]
        return torch.cartesian_prod(*axes).reshape(self.num_nodes, -1)


def make_grids(
    low: Sequence[float],
    high: Sequence[float],
    *,
    sticks: int | Sequence[int] = 8,
    group_size: int = 2,
    groups: Sequence[Sequence[int]] | None = None,
) -> tuple[Grid, ...]:
    """Grids over groups of features: neighbours in order, or as given.

    A full grid over d features has (sticks + 1)^d nodes; a sum of grids over few features each
    stays affordable, and is what an additive model with interactions inside the groups is.

    Args:
        low: smallest value of each feature.
        high: largest value of each feature.
        sticks: along each axis, one number for all or one per feature.
        group_size: features per grid; ignored if ``groups`` are given.
        groups: the features of each grid.

    Returns:
        One grid per group.

    Raises:
        ValueError: a group names a feature that does not exist, or numbers do not fit.

    >>> [grid.features for grid in make_grids([0, 0, 0], [1, 1, 1], sticks=4, group_size=2)]
    [(0, 1), (2,)]

    Source: arXiv 2508.19015; where the authors average models that are fitted group by group, the
    groups are summed here and relax together.
    """
    dim = len(low)
    counts = np.broadcast_to(sticks, dim) if np.ndim(sticks) == 0 else np.asarray(sticks)
    if len(high) != dim or len(counts) != dim:
        raise ValueError(
            f"`high` and `sticks` must have one entry per feature ({dim}), got {len(high)} and "
            f"{len(counts)}"
        )
    if group_size < 1:
        raise ValueError(f"`group_size` must be at least 1, got {group_size}")
    if groups is None:
        groups = [range(start, min(start + group_size, dim)) for start in range(0, dim, group_size)]
    for group in groups:
        if len(set(group)) != len(group) or not set(group) <= set(range(dim)):
            raise ValueError(
                f"`groups` must name different features between 0 and {dim - 1}, got {list(group)}"
            )
    return tuple(
        Grid(
            tuple(group),
            tuple(float(low[i]) for i in group),
            tuple(float(high[i]) for i in group),
            tuple(int(counts[i]) for i in group),
        )
        for group in groups
    )
