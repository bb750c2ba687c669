"""A reference configuration that turns with the couplings."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import torch
from scipy import sparse
from torch import Tensor

from pyg_energyloss.functional.bonds import undirected_bonds


def strong_bond_frame(edge_index: Tensor, coupling: Tensor, num_nodes: int) -> Tensor:
    """Return the configuration that satisfies a spanning tree of the strongest bonds.

    The spin of the lowest number in each connected part is +1. Under ``J_ij -> e_i J_ij e_j`` the
    frame becomes ``e_i`` times itself, up to one sign per part. The work is done on the CPU.

    Args:
        edge_index: bonds, each once, the smaller node first, [2, num_bonds].
        coupling: J of each bond, [num_bonds].
        num_nodes: number of spins.

    Returns:
        Spins [num_nodes], +1 or -1, int8.

    Example:
        >>> edges = torch.tensor([[0, 1, 0], [1, 2, 2]])
        >>> strong_bond_frame(edges, torch.tensor([-1.0, 2.0, 0.5]), 3)
        tensor([ 1, -1, -1], dtype=torch.int8)
    """
    first, second = edge_index.cpu().numpy()
    value = coupling.detach().cpu().double().numpy()
    # The strongest bond is the shortest; no length may be zero, which would be no bond.
    length = 1.0 + np.abs(value).max(initial=0.0) - np.abs(value)
    graph = sparse.coo_matrix((length, (first, second)), (num_nodes, num_nodes)).tocsr()
    tree = sparse.csgraph.minimum_spanning_tree(graph).tocoo()
    key = first * num_nodes + second
    order = np.argsort(key)
    bond = order[np.searchsorted(key[order], tree.row.astype(np.int64) * num_nodes + tree.col)]
    odd = (value[bond] < 0).astype(np.int64)
    # Two copies of each node: a negative bond leads to the other copy.
    tail = np.concatenate([tree.row, tree.row + num_nodes])
    head = np.concatenate([tree.col + num_nodes * odd, tree.col + num_nodes * (1 - odd)])
    doubled = sparse.coo_matrix(
        (np.ones(len(tail)), (tail, head)), (2 * num_nodes, 2 * num_nodes)
    ).tocsr()
    _, side = sparse.csgraph.connected_components(doubled, directed=False)
    _, part = sparse.csgraph.connected_components(tree.tocsr(), directed=False)
    _, root = np.unique(part, return_index=True)
    spins = np.where(side[:num_nodes] == side[root][part], 1, -1).astype(np.int8)
    return torch.from_numpy(spins).to(edge_index.device)


def in_frame(data: Any) -> tuple[Tensor, Any]:
    """Return the frame of a batch, and the batch with its couplings read relative to it.

    Args:
        data: with ``edge_index`` [2, num_edges], ``edge_attr`` [num_edges] and ``num_nodes``.

    Returns:
        `strong_bond_frame` in the type of the couplings [num_nodes], and a shallow copy of the data
        whose bonds are given once, with couplings ``J_ij f_i f_j``.
    """
    bonds, coupling = undirected_bonds(data.edge_index, data.edge_attr)
    frame = strong_bond_frame(bonds, coupling, data.num_nodes).to(coupling.dtype)
    turned = copy.copy(data)
    turned.edge_index, turned.edge_attr = bonds, coupling * frame[bonds[0]] * frame[bonds[1]]
    return frame, turned
