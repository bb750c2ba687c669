"""Couplings of a rectangular lattice as an image, and back."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from pyg_energyloss.functional.bonds import undirected_bonds


def coupling_image(
    data: Any, *, shape: tuple[int, int] | None = None, periodic: bool = False
) -> Tensor:
    """Return the couplings of each site to its right, lower, left and upper neighbour.

    Args:
        data: batch of lattices numbered row by row, bonds in ``edge_index`` and ``edge_attr``.
        shape: rows and columns; None: a square with as many sites as each graph has.
        periodic: whether bonds may join the edges of the lattice.

    Returns:
        Image [num_graphs, 4, rows, columns]; zero where there is no bond.

    Raises:
        ValueError: the graphs are no such lattices.

    Example:
        >>> from torch_geometric.data import Data
        >>> edges, coupling = torch.tensor([[0, 0], [1, 2]]), torch.tensor([0.5, -0.25])
        >>> data = Data(edge_index=edges, edge_attr=coupling, num_nodes=4)
        >>> coupling_image(data)[0, :, 0, 0]
        tensor([ 0.5000, -0.2500,  0.0000,  0.0000])
    """
    graphs = int(getattr(data, "num_graphs", 1) or 1)
    rows, columns = shape or _square(data.num_nodes, graphs)
    if graphs * rows * columns != data.num_nodes:
        raise ValueError(
            f"`data` must hold lattices of {rows} x {columns} sites, got {data.num_nodes} nodes in "
            f"{graphs} graphs; pass the model its `shape`"
        )
    bonds, coupling = undirected_bonds(data.edge_index, data.edge_attr)
    row, column = bonds // columns % rows, bonds % columns
    down = row[1] - row[0]
    right = column[1] - column[0]
    if periodic:
        # Nodes are sorted: a bond that wraps around leads from the first to the last.
        down = torch.where(down == rows - 1, -1, down)
        right = torch.where(right == columns - 1, -1, right)
    if not bool(((down.abs() + right.abs()) == 1).all()):
        raise ValueError(
            "`data` must hold nearest-neighbour bonds of lattices numbered row by row; a bond "
            f"joins other sites of {rows} x {columns}; pass periodic=True for periodic lattices, "
            "and take the model 'spin_gnn' for other graphs"
        )
    image = coupling.new_zeros(4, data.num_nodes)
    # Channel of the first node: right 0, down 1, left 2, up 3; the second one looks back.
    channel = (down != 0).long() + 2 * ((down + right) < 0).long()
    image = image.index_put((channel, bonds[0]), coupling)
    image = image.index_put(((channel + 2) % 4, bonds[1]), coupling)
    return image.view(4, graphs, rows, columns).transpose(0, 1)


def _square(num_nodes: int, graphs: int) -> tuple[int, int]:
    side = math.isqrt(num_nodes // graphs)
    return side, side
