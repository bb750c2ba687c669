"""E(n)-equivariant graph network: coordinates move along the lines between atoms."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch_geometric.data import Data
from torch_geometric.nn import MessagePassing

from pyg_energyloss.models.features import AtomEmbedding, PairEmbedding, pair_kinds
from pyg_energyloss.models.handedness import one_hand, right_handed
from pyg_energyloss.models.preconditioning import graph_mean, precondition


class EGNNLayer(MessagePassing):
    """Updates scalar features from distances, and coordinates along difference vectors."""

    def __init__(self, channels: int, *, stereo: bool = False) -> None:
        super().__init__(aggr="sum")
        self.norm = nn.LayerNorm(channels)
        self.receiver = nn.Linear(channels, channels)
        self.sender = nn.Linear(channels, channels, bias=False)
        self.pair = PairEmbedding(channels, stereo=stereo)
        self.distance = nn.Linear(2, channels, bias=False)
        self.message_net = nn.Sequential(nn.SiLU(), nn.Linear(channels, channels), nn.SiLU())
        self.pull = nn.Linear(channels, 1, bias=False)
        nn.init.xavier_uniform_(self.pull.weight, gain=0.1)
        self.update_net = nn.Sequential(
            nn.Linear(3 * channels, 2 * channels), nn.SiLU(), nn.Linear(2 * channels, channels)
        )

    def forward(
        self, h: Tensor, x: Tensor, hop_index: Tensor, kind: Tensor, data: Data
    ) -> tuple[Tensor, Tensor]:
        """Return updated features [num_nodes, channels] and coordinates [num_nodes, 3]."""
        source, target = hop_index
        difference = x[target] - x[source]
        squared = difference.square().sum(-1, keepdim=True)
        normed = self.norm(h)
        message = self.message_net(
            self.receiver(normed)[target]
            + self.sender(normed)[source]
            + self.pair(kind)
            + self.distance(torch.cat([squared.add(1e-6).sqrt(), (1 + squared).log()], dim=-1))
        )
        # Dividing by 1 + d keeps a step bounded however far apart the atoms are.
        pull = self.pull(message) * difference / (1 + squared.add(1e-6).sqrt())
        both = self.propagate(hop_index, values=torch.cat([message, pull], dim=-1))
        summed, moved = both.split([h.shape[-1], x.shape[-1]], dim=-1)
        context = graph_mean(summed, data)[data.batch]
        h = h + self.update_net(torch.cat([normed, summed, context], dim=-1))
        return h, x + moved

    def message(self, values: Tensor) -> Tensor:
        """The messages were made for features and coordinates at once."""
        return values


class EGNN(nn.Module):
    """Predicts positions; rotating, reflecting or shifting the input does so to the output.

    Args:
        channels: Width of the scalar features.
        layers: Rounds of messages.
        stereo: Read the hand of centres and double bonds from ``data.stereo`` and ``data.hand``.

    Source: Satorras, Hoogeboom, Welling, "E(n) Equivariant Graph Neural Networks", ICML 2021;
    written anew for the pairs and features of this library.
    """

    def __init__(self, *, channels: int = 48, layers: int = 4, stereo: bool = False) -> None:
        super().__init__()
        self.stereo = stereo
        self.atoms = AtomEmbedding(channels)
        self.layers = nn.ModuleList(EGNNLayer(channels, stereo=stereo) for _ in range(layers))

    def forward(self, data: Data) -> Tensor:
        """Return positions [num_nodes, 3] in Å."""
        start, base, c_out = precondition(data)
        h, x = self.atoms(data), start
        tags, hand = one_hand(data) if self.stereo else (None, 1)
        kind = pair_kinds(data, tags)
        for layer in self.layers:
            h, x = layer(h, x, data.hop_index, kind, data)
        if "noise_level" not in data:
            return right_handed(hand * x, data) if self.stereo else x
        # Mirroring the input, and the output back, would change nothing.
        out: Tensor = base + c_out * (x - start)
        return out
