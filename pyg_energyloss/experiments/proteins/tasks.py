"""What a model of proteins gets to see: a noised copy, and which atoms are near in it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch_geometric.data import Batch

from pyg_energyloss.experiments.structures.tasks import Denoise
from pyg_energyloss.models.features import MAX_HOPS
from pyg_energyloss.models.preconditioning import graph_mean

#: Keeps structures apart in a fourth coordinate, Å.
APART = 1e6
#: Least size of a structure that the networks are scaled for, Å.
LEAST_SIZE = 1.0


class DenoiseProteins(Denoise):
    """`Denoise` for structures of any size, on graphs that grow with the number of atoms.

    The pairs that exchange messages, those up to three bonds apart, are joined by each atom's
    nearest ones in the noised copy, and the networks are told how large each structure is.

    Args:
        levels: As of `Denoise`.
        neighbours: Nearest atoms that send to each.

    Raises:
        ValueError: a level is not positive, or there is none.
    """

    def __init__(self, levels: Sequence[float], *, neighbours: int = 12) -> None:
        super().__init__(levels)
        self.neighbours = neighbours

    def prepare(
        self, batch: Batch, generator: torch.Generator, *, level: float | None = None
    ) -> Batch:
        """Rotate, add noise, find neighbours and sizes in what comes out."""
        batch = super().prepare(batch, generator, level=level)
        centred = batch.input_pos - graph_mean(batch.input_pos, batch)[batch.batch]
        square = graph_mean(centred.square(), batch).mean(dim=1) - batch.noise_level.square()
        batch.sigma_data = square.clamp(min=LEAST_SIZE**2).sqrt()
        new = nearest(batch.input_pos, batch.batch, self.neighbours, batch.hop_index)
        far = torch.full_like(new[0], MAX_HOPS)
        batch.hop_index = torch.cat([batch.hop_index, new], dim=1)
        batch.hop = torch.cat([batch.hop, far])
        return batch


def nearest(pos: Tensor, batch: Tensor, count: int, known: Tensor) -> Tensor:
    """Return pairs of each node and its nearest in the same graph, without those that are known.

    Args:
        pos: Positions [num_nodes, 3].
        batch: Graph of each node [num_nodes].
        count: Nearest nodes of each, at most.
        known: Pairs to leave out [2, num_known].

    Returns:
        Pairs [2, num_pairs], sender first.

    >>> line = torch.tensor([[0.0, 0, 0], [1, 0, 0], [3, 0, 0]])
    >>> nearest(line, torch.zeros(3, dtype=torch.long), 1, torch.tensor([[0], [1]]))
    tensor([[1, 1],
            [0, 2]])
    """
    from scipy.spatial import cKDTree

    size = len(pos)
    if count < 1 or size < 2:  # noqa: PLR2004 - no pair
        return known[:, :0]
    graph = batch.cpu().numpy()
    points = np.column_stack([pos.detach().double().cpu().numpy(), APART * graph])
    sender = cKDTree(points).query(points, k=min(count + 1, size))[1].ravel()
    receiver = np.repeat(np.arange(size), min(count + 1, size))
    fits = (graph[sender] == graph[receiver]) & (sender != receiver)
    old = (known[0] * size + known[1]).cpu().numpy()
    fits &= ~np.isin(sender * size + receiver, old)
    return torch.from_numpy(np.stack([sender[fits], receiver[fits]])).to(pos.device)
