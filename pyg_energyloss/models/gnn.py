"""A plain message-passing network: coordinates are features like any other."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch_geometric.data import Data
from torch_geometric.nn import MessagePassing

from pyg_energyloss.models.features import AtomEmbedding, PairEmbedding, pair_kinds
from pyg_energyloss.models.handedness import one_hand, right_handed
from pyg_energyloss.models.preconditioning import graph_mean, precondition
from pyg_energyloss.models.readout import readout


class PlainLayer(MessagePassing):
    """One round of messages between atoms a few bonds apart, with a residual node update."""

    def __init__(self, channels: int, *, stereo: bool = False) -> None:
        super().__init__(aggr="sum")
        self.norm = nn.LayerNorm(channels)
        # The message's first linear map is applied per node and per pair kind, not per pair.
        self.receiver = nn.Linear(channels, channels)
        self.sender = nn.Linear(channels, channels, bias=False)
        self.pair = PairEmbedding(channels, stereo=stereo)
        self.update_net = nn.Sequential(
            nn.Linear(3 * channels, 2 * channels), nn.SiLU(), nn.Linear(2 * channels, channels)
        )

    def forward(
        self,
        h: Tensor,
        hop_index: Tensor,
        kind: Tensor,
        context: Tensor,
        more: Tensor | None = None,
    ) -> Tensor:
        """Return updated features [num_nodes, channels].

        ``context`` is per node, ``more`` [num_pairs, channels] what else is known of each pair.
        """
        normed = self.norm(h)
        pair = self.pair(kind)
        summed = self.propagate(
            hop_index,
            receiver=self.receiver(normed),
            sender=self.sender(normed),
            pair=pair if more is None else pair + more,
        )
        updated: Tensor = h + self.update_net(torch.cat([normed, summed, context], dim=-1))
        return updated

    def message(self, receiver_i: Tensor, sender_j: Tensor, pair: Tensor) -> Tensor:
        """SiLU of a linear map of both ends and the kind of pair."""
        return nn.functional.silu(receiver_i + sender_j + pair)


class PlainGNN(nn.Module):
    """Predicts positions without any built-in symmetry.

    Args:
        channels: Width of the node features.
        layers: Rounds of messages.
        stereo: Read the hand of centres and double bonds from ``data.stereo`` and ``data.hand``.
            Asked for the mirror image, the network gives the mirror image. In evaluation mode, and
            without a noise level, the output is mirrored where most centres came out wrong; while
            it is trained it is not, so that a restraint can teach all molecules one convention.

    The paper's non-equivariant denoiser (GDM) is of this family.
    """

    def __init__(self, *, channels: int = 64, layers: int = 4, stereo: bool = False) -> None:
        super().__init__()
        self.stereo = stereo
        self.atoms = AtomEmbedding(channels)
        self.coordinates = nn.Linear(3, channels)
        self.layers = nn.ModuleList(PlainLayer(channels, stereo=stereo) for _ in range(layers))
        self.pool = nn.ModuleList(nn.Linear(channels, channels) for _ in range(layers))
        self.out = readout(channels, 3)

    def forward(self, data: Data) -> Tensor:
        """Return positions [num_nodes, 3] in Å."""
        pos, base, c_out = precondition(data)
        tags, hand = one_hand(data) if self.stereo else (None, 1)
        if "noise_level" in data:
            pos = hand * pos
        h = self.atoms(data) + self.coordinates(pos)
        kind = pair_kinds(data, tags)
        for layer, pool in zip(self.layers, self.pool, strict=True):
            h = layer(h, data.hop_index, kind, graph_mean(pool(h), data)[data.batch])
        out: Tensor = base + c_out * hand * self.out(h)
        if self.stereo and not self.training and "noise_level" not in data:
            return right_handed(out, data)
        return out
