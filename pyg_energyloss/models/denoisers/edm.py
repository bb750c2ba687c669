"""An E(n)-equivariant denoiser: coordinates move along the lines between atoms."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch_geometric.data import Data

from pyg_energyloss.models.denoisers.dense import Blocks, blocks_of
from pyg_energyloss.models.denoisers.near import PEAKS, near_features
from pyg_energyloss.models.denoisers.time import TimeEmbedding
from pyg_energyloss.models.readout import readout


class EDMLayer(nn.Module):
    """Messages over all pairs that know their distance; atoms are pulled along the pairs.

    Args:
        channels: Width.
        features: Number of features of a pair of the input.
    """

    def __init__(self, channels: int, *, features: int = 1) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels)
        self.receiver = nn.Linear(channels, channels)
        self.sender = nn.Linear(channels, channels, bias=False)
        self.distance = nn.Linear(3 + features, channels, bias=False)
        self.gates = nn.Linear(channels, 2)
        nn.init.xavier_uniform_(self.gates.weight[1:], gain=0.1)
        self.update_net = nn.Sequential(
            nn.Linear(2 * channels, 2 * channels), nn.SiLU(), nn.Linear(2 * channels, channels)
        )

    def forward(self, h: Tensor, x: Tensor, start: Tensor, blocks: Blocks) -> tuple[Tensor, Tensor]:
        """Return updated features [num_graphs, size, channels] and coordinates [.., 3].

        Args:
            h: Features.
            x: Coordinates so far.
            start: Features of the distances that the input had [num_graphs, size, size, features].
            blocks: Of the batch.
        """
        difference = x[:, :, None] - x[:, None, :]
        squared = difference.square().sum(-1)
        length = squared.add(1e-6).sqrt()
        lengths = torch.stack([length, (1 + squared).log(), 1 / (1 + length)], dim=-1)
        normed = self.norm(h)
        message = nn.functional.silu(
            self.receiver(normed)[:, :, None]
            + self.sender(normed)[:, None, :]
            + self.distance(torch.cat([lengths, start], dim=-1))
        )
        gate, pull = self.gates(message).unbind(-1)
        gate = gate.sigmoid() * blocks.pairs * blocks.share
        # Dividing by 1 + d keeps a step bounded however far apart the atoms are.
        pull = pull * blocks.pairs * blocks.share / (1 + length)
        summed = torch.einsum("bij,bijc->bic", gate, message)
        updated: Tensor = h + self.update_net(torch.cat([normed, summed], dim=-1))
        return updated, x + torch.einsum("bij,bijk->bik", pull, difference)


class EDM(nn.Module):
    """Denoises; rotating or reflecting the input does so to the output, shifts are ignored.

    Args:
        types: Number of atom types.
        channels: Width.
        layers: Rounds of messages.
        near: Tell the layers how near the input's distances are to lengths of bonds, as `GDM` is.

    Source: Satorras et al., ICML 2021; Hoogeboom et al., "Equivariant Diffusion for Molecule
    Generation in 3D", ICML 2022; written anew.
    """

    def __init__(
        self, *, types: int, channels: int = 64, layers: int = 4, near: bool = False
    ) -> None:
        super().__init__()
        self.peaks: Tensor
        peaks = torch.tensor(PEAKS if near else ())
        self.register_buffer("peaks", peaks, persistent=False)
        self.embed = nn.Linear(types, channels)
        self.time = TimeEmbedding(channels)
        self.layers = nn.ModuleList(
            EDMLayer(channels, features=1 + len(peaks)) for _ in range(layers)
        )
        self.out = readout(channels, types)

    def forward(self, data: Data) -> tuple[Tensor, Tensor]:
        """Return outputs for positions [num_nodes, 3] and types [num_nodes, types].

        Args:
            data: Batch with ``input_pos`` [num_nodes, 3], ``input_types`` [num_nodes, types] and
                ``time`` [num_graphs] between 0 and 1.
        """
        blocks = blocks_of(data, data.input_pos.dtype)
        x = origin = blocks.pack(data.input_pos)
        squared = (x[:, :, None] - x[:, None, :]).square().sum(-1, keepdim=True)
        start = torch.cat([(1 + squared).log(), near_features(squared, self.peaks)], dim=-1)
        h = blocks.pack(self.embed(data.input_types) + self.time(data.time)[data.batch])
        for layer in self.layers:
            h, x = layer(h, x, start, blocks)
        return blocks.unpack(x - origin), self.out(blocks.unpack(h))
