"""Atoms that go along with a lattice as it is strained."""

from __future__ import annotations

import torch
from torch import Tensor


def carried(pos: Tensor, cell: Tensor, new_cell: Tensor, *, batch: Tensor | None = None) -> Tensor:
    r"""Return positions with the same fractional coordinates in another lattice.

    .. math:: x_i = y_i C^{-1} \hat C

    Args:
        pos: positions [num_nodes, dim], in Å.
        cell: C, lattice vectors as rows [num_graphs, dim, dim], with a volume.
        new_cell: the other lattice, of the same shape.
        batch: graph of every node [num_nodes]; None means one graph.

    Returns:
        [num_nodes, dim] in the dtype of `cell`, differentiable in all three.

    >>> carried(torch.ones(1, 2), 4 * torch.eye(2)[None], 8 * torch.eye(2)[None])
    tensor([[2., 2.]])
    """
    # inv_ex does not wait for a GPU to tell whether there is an inverse.
    change = torch.linalg.inv_ex(cell).inverse @ new_cell
    own = change.expand(len(pos), -1, -1) if batch is None else change[batch]
    moved: Tensor = (pos.to(change.dtype)[:, :, None] * own).sum(dim=1)
    return moved
