"""A plain denoiser: coordinates are features like any other, all atoms talk to all."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch_geometric.data import Data

from pyg_energyloss.models.denoisers.dense import Blocks, blocks_of
from pyg_energyloss.models.denoisers.near import PEAKS, near_features
from pyg_energyloss.models.denoisers.time import TimeEmbedding
from pyg_energyloss.models.readout import readout


def pair_features(x: Tensor, peaks: Tensor) -> Tensor:
    """Return features [num_graphs, size, size, len(peaks) + 2] of the distances of positions."""
    squared = (x[:, :, None] - x[:, None, :]).square().sum(-1, keepdim=True)
    length = squared.add(1e-6).sqrt()
    return torch.cat([near_features(squared, peaks), length, (1 + length).log()], dim=-1)


class GDMLayer(nn.Module):
    """Gated messages over all pairs of a molecule, with a residual update of the atoms.

    A message knows the distance of its pair; nothing else of the geometry is treated apart.

    Args:
        channels: Width.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels)
        # The message's linear maps stand before and after the sum over neighbours: on atoms, not
        # on pairs.
        self.receiver = nn.Linear(channels, channels)
        self.sender = nn.Linear(channels, channels, bias=False)
        self.distance = nn.Linear(len(PEAKS) + 2, channels, bias=False)
        self.gate = nn.Linear(channels, 1)
        self.update_net = nn.Sequential(
            nn.Linear(2 * channels, 2 * channels), nn.SiLU(), nn.Linear(2 * channels, channels)
        )

    def forward(self, h: Tensor, radial: Tensor, blocks: Blocks) -> Tensor:
        """Return updated features [num_graphs, size, channels]."""
        normed = self.norm(h)
        message = nn.functional.silu(
            self.receiver(normed)[:, :, None]
            + self.sender(normed)[:, None, :]
            + self.distance(radial)
        )
        gate = self.gate(message).squeeze(-1).sigmoid() * blocks.pairs * blocks.share
        summed = torch.einsum("bij,bijc->bic", gate, message)
        updated: Tensor = h + self.update_net(torch.cat([normed, summed], dim=-1))
        return updated


class GDM(nn.Module):
    """Denoises positions and atom types without any built-in symmetry.

    Args:
        types: Number of atom types.
        channels: Width.
        layers: Rounds of messages.

    Source: the graph diffusion model that Hoogeboom et al., ICML 2022, and arXiv 2511.02087 compare
    with; written anew.
    """

    def __init__(self, *, types: int, channels: int = 96, layers: int = 4) -> None:
        super().__init__()
        self.peaks: Tensor
        self.register_buffer("peaks", torch.tensor(PEAKS), persistent=False)
        self.embed = nn.Linear(3 + types, channels)
        self.time = TimeEmbedding(channels)
        self.layers = nn.ModuleList(GDMLayer(channels) for _ in range(layers))
        self.out = readout(channels, 3 + types)

    def forward(self, data: Data) -> tuple[Tensor, Tensor]:
        """Return outputs for positions [num_nodes, 3] and types [num_nodes, types].

        Args:
            data: Batch with ``input_pos`` [num_nodes, 3], ``input_types`` [num_nodes, types] and
                ``time`` [num_graphs] between 0 and 1.
        """
        blocks = blocks_of(data, data.input_pos.dtype)
        x = torch.cat([data.input_pos, data.input_types], dim=-1)
        # A coordinate in half precision is wrong by a hundredth of an Å.
        with torch.autocast(x.device.type, enabled=False):
            embedded = self.embed(x)
        h = blocks.pack(embedded + self.time(data.time)[data.batch])
        radial = pair_features(blocks.pack(data.input_pos), self.peaks)
        for layer in self.layers:
            h = layer(h, radial, blocks)
        out = self.out(blocks.unpack(h))
        return out[:, :3], out[:, 3:]
