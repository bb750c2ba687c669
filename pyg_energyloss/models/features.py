"""What every model reads from a molecule: elements, bonds, topological distance, noise level."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch_geometric.data import Data

#: Atomic numbers above this share one embedding.
MAX_Z = 54


class AtomEmbedding(nn.Module):
    """Embeds element, number of bonds, and, if the data has it, the noise level.

    Args:
        channels: Width of the embedding.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.element = nn.Embedding(MAX_Z + 1, channels)
        self.degree = nn.Embedding(8, channels)
        self.noise = nn.Sequential(nn.Linear(1, channels), nn.SiLU(), nn.Linear(channels, channels))

    def forward(self, data: Data) -> Tensor:
        """Return scalar features [num_nodes, channels]."""
        num_nodes = data.z.numel()
        degree = torch.zeros(num_nodes, dtype=torch.long, device=data.z.device)
        degree.index_add_(0, data.edge_index[0], torch.ones_like(data.edge_index[0]))
        h: Tensor = self.element(data.z.clamp(max=MAX_Z)) + self.degree(degree.clamp(max=7))
        if "noise_level" in data:
            # log σ is what a network can resolve over several decades.
            h = h + self.noise(data.noise_level.log().unsqueeze(-1))[data.batch]
        return h


class PairEmbedding(nn.Module):
    """Embeds a pair of atoms by topological distance and, for neighbours, bond type.

    Args:
        channels: Width of the embedding.
        max_hops: Largest topological distance that is told apart.
    """

    def __init__(self, channels: int, max_hops: int = 8) -> None:
        super().__init__()
        self.max_hops = max_hops
        # Rows: bond types 1-4 for neighbours, then 2, 3, ... bonds apart.
        self.weight = nn.Embedding(5 + max_hops, channels)

    def index(self, data: Data) -> Tensor:
        """Row of the embedding for each pair of ``data.hop_index``, [num_pairs]."""
        row = data.hop.clamp(max=self.max_hops) + 4
        is_bond = data.hop == 1
        # Both lists hold each molecule's bonds; sorting both by (source, target) lines them up.
        order = torch.argsort(data.edge_index[0] * data.z.numel() + data.edge_index[1])
        return row.masked_scatter(is_bond, data.bond_type[order])

    def forward(self, data: Data) -> Tensor:
        """Return pair features [num_pairs, channels]."""
        out: Tensor = self.weight(self.index(data))
        return out
