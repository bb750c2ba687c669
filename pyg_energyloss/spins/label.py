"""Put the exact ground state on a PyG graph."""

from __future__ import annotations

from copy import copy

import torch
from torch_geometric.data import Data

from pyg_energyloss.spins.ground_state import ground_state


def with_ground_state(data: Data) -> Data:
    """Return a shallow copy of a graph with its exact ground state as the target.

    Any graph that `ground_state` can solve will do; as the ``pre_transform`` of a PyG data set it
    labels each graph once.

    Args:
        data: one graph, bonds in ``edge_index`` and couplings in ``edge_attr``.

    Returns:
        Data with ``y`` (+1 or -1, [num_nodes], float32) and ``energy`` ([1], float64).

    Raises:
        ValueError: bonds or couplings are missing, or exactness is out of reach.

    Example:
        >>> data = Data(edge_index=torch.tensor([[0], [1]]), edge_attr=-torch.ones(1), num_nodes=2)
        >>> labelled = with_ground_state(data)
        >>> (labelled.y, labelled.energy)
        (tensor([ 1., -1.]), tensor([-1.], dtype=torch.float64))
    """
    if data.edge_index is None or data.edge_attr is None:
        raise ValueError(
            "`data` must have the bonds in `data.edge_index` and the couplings in `data.edge_attr`"
        )
    spins, energy = ground_state(data.edge_index, data.edge_attr, int(data.num_nodes or 0))
    labelled = copy(data)
    labelled.y = spins.float()
    labelled.energy = torch.tensor([energy], dtype=torch.float64)
    return labelled
