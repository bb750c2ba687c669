"""A plain message-passing network on crystals: vectors to images are features like any other."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch_geometric.data import Data

from pyg_energyloss.models.crystals.inputs import (
    RADIAL,
    SiteEmbedding,
    deformed,
    images_of,
    output_scale,
    pair_features,
)
from pyg_energyloss.models.preconditioning import graph_mean
from pyg_energyloss.models.readout import readout


class CrystalGNN(nn.Module):
    """Predicts positions, and a lattice, without any built-in symmetry but that of translation.

    Args:
        channels: Width of the node features.
        layers: Rounds of messages.
    """

    def __init__(self, *, channels: int = 48, layers: int = 3) -> None:
        super().__init__()
        self.atoms = SiteEmbedding(channels)
        self.layers = nn.ModuleList(_Layer(channels) for _ in range(layers))
        self.move = readout(channels, 3)
        self.strain = nn.Linear(channels, 9)

    def forward(self, data: Data) -> tuple[Tensor, Tensor | None]:
        """Return positions [num_nodes, 3] in Å and the lattice, None where it is known."""
        images, h = images_of(data), self.atoms(data)
        vector = images.vectors(data.input_pos)
        shell = pair_features(vector.norm(dim=1, keepdim=True), images)
        # Direction by distance: what a near image and a far one pull at is not the same.
        directed = (shell[:, :, None] * vector[:, None, :]).flatten(1)
        edge = torch.cat([directed, shell], dim=1)
        lattice = data.input_cell.flatten(1) / images.spacing[:, None]
        for layer in self.layers:
            h = layer(h, images.source, images.target, edge, lattice[data.batch])
        scale = output_scale(data)
        strain = 0.1 * scale[:, :, None] * self.strain(graph_mean(h, data)).view(-1, 3, 3)
        return deformed(data, scale[data.batch] * self.move(h), strain)


class _Layer(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels)
        self.receiver = nn.Linear(channels, channels)
        self.sender = nn.Linear(channels, channels, bias=False)
        self.edge = nn.Linear(4 * RADIAL, channels, bias=False)
        self.lattice = nn.Linear(9, channels, bias=False)
        self.update = nn.Sequential(
            nn.Linear(2 * channels, 2 * channels), nn.SiLU(), nn.Linear(2 * channels, channels)
        )

    def forward(
        self, h: Tensor, source: Tensor, target: Tensor, edge: Tensor, lattice: Tensor
    ) -> Tensor:
        normed = self.norm(h)
        own = self.receiver(normed) + self.lattice(lattice)
        message = nn.functional.silu(own[target] + self.sender(normed)[source] + self.edge(edge))
        # About 24 images look at each atom.
        summed = torch.zeros_like(h).index_add(0, target, message) / 5.0
        updated: Tensor = h + self.update(torch.cat([normed, summed], dim=1))
        return updated
