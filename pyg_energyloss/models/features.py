"""What every model reads from a molecule: elements, bonds, topological distance, noise level."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch_geometric.data import Data

from pyg_energyloss.symmetry.stereo_tags import STEREO_TAGS

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


#: Topological distances that are told apart.
MAX_HOPS = 8
#: Kinds of pairs without stereo.
KINDS = 5 + MAX_HOPS


def pair_kinds(data: Data, tags: Tensor | None = None) -> Tensor:
    """Kind of each pair of ``data.hop_index``, [num_pairs]: bond types 1-4, then hops + 4.

    Args:
        data: batch with ``hop_index``, ``hop``, ``edge_index``, ``bond_type``.
        tags: of `canonical_tags`, which make kinds of their own; none if None.
    """
    kind: Tensor = data.hop.clamp(max=MAX_HOPS) + 4
    # Both lists hold the same bonds; sorting the bonds by (source, target) lines them up.
    order = torch.argsort(data.edge_index[0] * data.z.numel() + data.edge_index[1])
    kind = kind.masked_scatter(data.hop == 1, data.bond_type[order])
    return kind if tags is None else kind + KINDS * tags


class PairEmbedding(nn.Embedding):
    """Embeds what `pair_kinds` gives: the kind of a pair, plus, with ``stereo``, its tag.

    Args:
        channels: Width of the embedding.
        stereo: The kinds have tags.
    """

    def __init__(self, channels: int, *, stereo: bool = False) -> None:
        super().__init__(KINDS, channels)
        self.tag = nn.Embedding(STEREO_TAGS, channels) if stereo else None

    def forward(self, kind: Tensor) -> Tensor:
        """Return features [num_pairs, channels]."""
        if self.tag is None:
            return super().forward(kind)
        h: Tensor = super().forward(kind % KINDS) + self.tag(kind // KINDS)
        return h
