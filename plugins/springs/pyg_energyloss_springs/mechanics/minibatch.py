"""The force of a random part of the data springs, scaled up to stand for all of them."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from pyg_energyloss_springs.mechanics.energy import quadratic_energy
from pyg_energyloss_springs.mechanics.langevin import Force
from pyg_energyloss_springs.mechanics.springs import Springs


def minibatch_force(
    data: Springs, other: Springs, *, batch_size: int, generator: torch.Generator
) -> Force:
    """Make a force that sees other data springs at every call.

    Its mean is the full force. Its scatter is extra noise that the friction does not answer to, so
    the nodes get warmer than the temperature says: with step h, friction g and a scatter C of the
    force, by about h C / 4 g (there is a draw in each half of a step); a smaller step or a
    larger batch makes up for it.

    Args:
        data: springs to draw from.
        other: springs that are always there.
        batch_size: springs per draw, without repetition within a draw.
        generator: of the draws.

    Returns:
        Function of heights [num_nodes, num_outputs] to the force, same shape.

    Raises:
        ValueError: `batch_size` is not between 1 and the number of data springs.
    """
    count = len(data.stiffness)
    if not 1 <= batch_size <= count:
        raise ValueError(f"`batch_size` must be between 1 and {count}, got {batch_size}")
    corners = int(np.diff(data.matrix.indptr).max())
    index = np.zeros((count, corners), dtype=np.int64)
    weight = np.zeros((count, corners))
    for row in range(count):
        part = slice(data.matrix.indptr[row], data.matrix.indptr[row + 1])
        index[row, : part.stop - part.start] = data.matrix.indices[part]
        weight[row, : part.stop - part.start] = data.matrix.data[part]
    nodes, weights = torch.from_numpy(index), torch.from_numpy(weight)
    rest = torch.from_numpy(data.rest)
    scale = torch.from_numpy(data.stiffness) * (count / batch_size)
    background = quadratic_energy(other)

    def force(heights: Tensor) -> Tensor:
        drawn = torch.randperm(count, generator=generator)[:batch_size]
        corner, share = nodes[drawn], weights[drawn]
        height = (heights[corner] * share[:, :, None]).sum(dim=1)
        pull = scale[drawn, None] * (rest[drawn] - height)
        found = background.force(heights)
        return found.index_add(
            0, corner.flatten(), (pull[:, None] * share[:, :, None]).flatten(0, 1)
        )

    return force
