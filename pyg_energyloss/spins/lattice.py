"""Square and rectangular lattices of spins."""

from __future__ import annotations

import torch
from torch import Tensor


def lattice_shape(size: int | tuple[int, int]) -> tuple[int, int]:
    """Return ``(rows, columns)`` of a size given as one or two numbers.

    Example:
        >>> lattice_shape(3)
        (3, 3)
    """
    rows, columns = (size, size) if isinstance(size, int) else size
    if rows < 1 or columns < 1:
        raise ValueError(f"`size` must be positive, got {size}")
    return rows, columns


def square_lattice(size: int | tuple[int, int], *, periodic: bool = False) -> Tensor:
    """Return the nearest-neighbour bonds of a square lattice.

    Node ``r * columns + c`` sits in row r and column c. Every bond comes once, so that one random
    number per column of the result is a valid set of couplings; message passing wants both
    directions (`torch_geometric.utils.to_undirected`), which `ising_energy` and `ground_state`
    accept as well.

    Args:
        size: number of rows and columns, or both.
        periodic: join the last row and column to the first; needs at least three of each.

    Returns:
        ``edge_index`` [2, num_bonds]: the bonds to the right, then the bonds down.

    Raises:
        ValueError: a size that is not positive, or below three when periodic.

    Example:
        >>> square_lattice(2)
        tensor([[0, 2, 0, 1],
                [1, 3, 2, 3]])

    Source: Kaba et al., arXiv 2511.02087, section 5.
    """
    rows, columns = lattice_shape(size)
    if periodic and min(rows, columns) < 3:  # noqa: PLR2004 - two would double a bond
        raise ValueError(
            f"`size` of a periodic lattice must be at least 3 in both directions, got {size}: "
            "below that two sites are joined twice"
        )
    node = torch.arange(rows * columns).view(rows, columns)
    if periodic:
        right = torch.stack([node, node.roll(-1, 1)]).view(2, -1)
        down = torch.stack([node, node.roll(-1, 0)]).view(2, -1)
    else:
        right = torch.stack([node[:, :-1], node[:, 1:]]).reshape(2, -1)
        down = torch.stack([node[:-1], node[1:]]).reshape(2, -1)
    return torch.cat([right, down], dim=1)
