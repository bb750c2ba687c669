"""An E(3)-equivariant network on crystals: atoms move along lines to images, lattices strain."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch_geometric.data import Data

from pyg_energyloss.models.crystals.inputs import (
    RADIAL,
    Images,
    SiteEmbedding,
    deformed,
    images_of,
    output_scale,
    pair_features,
)


class CrystalEGNN(nn.Module):
    """Predicts positions, and a lattice; rotating or reflecting the input does so to the output.

    The lattice is strained by a sum of dyads along the lines between images, as a stress is made of
    pair forces.

    Args:
        channels: Width of the scalar features.
        layers: Rounds of messages.

    Source: Satorras, Hoogeboom, Welling, ICML 2021, with periodic images.
    """

    def __init__(self, *, channels: int = 48, layers: int = 3) -> None:
        super().__init__()
        self.atoms = SiteEmbedding(channels)
        self.layers = nn.ModuleList(_Layer(channels) for _ in range(layers))

    def forward(self, data: Data) -> tuple[Tensor, Tensor | None]:
        """Return positions [num_nodes, 3] in Å and the lattice, None where it is known."""
        images, h, x = images_of(data), self.atoms(data), data.input_pos
        scale = output_scale(data)
        strain = x.new_zeros(data.num_graphs, 3, 3)
        for layer in self.layers:
            h, moved, dyads = layer(h, x, images)
            x = x + scale[data.batch] * moved
            graph = data.batch[images.target]
            count = torch.bincount(graph, minlength=data.num_graphs).clamp(min=1)
            strain = strain.index_add(0, graph, dyads / count[graph][:, None, None])
        return deformed(data, x - data.input_pos, scale[:, :, None] * strain)


class _Layer(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels)
        self.receiver = nn.Linear(channels, channels)
        self.sender = nn.Linear(channels, channels, bias=False)
        self.distance = nn.Linear(RADIAL, channels, bias=False)
        self.message = nn.Sequential(nn.SiLU(), nn.Linear(channels, channels), nn.SiLU())
        self.pull = nn.Linear(channels, 2, bias=False)
        nn.init.xavier_uniform_(self.pull.weight, gain=0.1)
        self.update = nn.Sequential(
            nn.Linear(2 * channels, 2 * channels), nn.SiLU(), nn.Linear(2 * channels, channels)
        )

    def forward(self, h: Tensor, x: Tensor, images: Images) -> tuple[Tensor, Tensor, Tensor]:
        vector = images.vectors(x)
        # Safe at coincident atoms: the root stays away from zero.
        length = vector.square().sum(dim=1, keepdim=True).add(1e-6).sqrt()
        normed = self.norm(h)
        message = self.message(
            self.receiver(normed)[images.target]
            + self.sender(normed)[images.source]
            + self.distance(pair_features(length, images))
        )
        pull, stretch = self.pull(message).split(1, dim=1)
        line = vector / (1 + length)
        summed = torch.zeros_like(h).index_add(0, images.target, message) / 5.0
        moved = torch.zeros_like(x).index_add(0, images.target, pull * line)
        dyads = stretch[:, :, None] * line[:, :, None] * line[:, None, :]
        return h + self.update(torch.cat([normed, summed], dim=1)), moved, dyads
