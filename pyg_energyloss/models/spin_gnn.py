"""A message-passing network from couplings to spins, for any graph."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch_geometric.nn import MessagePassing

from pyg_energyloss.models.spin_frame import in_frame


class SpinLayer(MessagePassing):
    """One round of messages along bonds; what is sent depends on the coupling."""

    def __init__(self, width: int) -> None:
        super().__init__(aggr="sum")
        self.norm = nn.LayerNorm(width)
        self.sender = nn.Linear(width, width)
        self.receiver = nn.Linear(width, width)
        self.bond = nn.Linear(2, width)
        self.update_net = nn.Sequential(
            nn.Linear(2 * width, width), nn.SiLU(), nn.Linear(width, width)
        )

    def forward(self, h: Tensor, edge_index: Tensor, bond: Tensor) -> Tensor:
        """Return updated features [num_nodes, width]."""
        normed = self.norm(h)
        summed = self.propagate(
            edge_index,
            sender=self.sender(normed),
            receiver=self.receiver(normed),
            bond=self.bond(bond),
        )
        updated: Tensor = h + self.update_net(torch.cat([normed, summed], dim=-1))
        return updated

    def message(self, sender_j: Tensor, receiver_i: Tensor, bond: Tensor) -> Tensor:
        """SiLU of both ends and the bond."""
        return nn.functional.silu(sender_j + receiver_i + bond)


class SpinGNN(nn.Module):
    """Message passing over the bonds: couplings in, one logit per spin out.

    Equivariant under relabelling and under gauge transformations ``s_i -> e_i s_i``,
    ``J_ij -> e_i J_ij e_j`` with signs e. For that the couplings are read relative to a frame: the
    configuration that satisfies a spanning tree of the strongest bonds. The network says where the
    ground state deviates from the frame. A global flip is one of the gauge transformations, and the
    frame's own sign (the first spin of each part is +1) is a convention: train with ``flip``.

    Args:
        width: features per node.
        layers: rounds of messages.
    """

    def __init__(self, *, width: int = 48, layers: int = 8) -> None:
        super().__init__()
        self.embed = nn.Linear(4, width)
        self.layers = nn.ModuleList(SpinLayer(width) for _ in range(layers))
        self.head = nn.Sequential(nn.LayerNorm(width), nn.SiLU(), nn.Linear(width, 1))

    def forward(self, data: Any) -> Tensor:
        """Return logits ``ln p(+1)/p(-1)`` of a batch of spin systems, [num_nodes]."""
        frame, data = in_frame(data)
        bonds, turned = data.edge_index, data.edge_attr.to(self.embed.weight.dtype)
        edge_index = torch.cat([bonds, bonds.flip(0)], dim=1)
        bond = torch.stack([turned, turned.abs()], dim=-1).repeat(2, 1)
        total = bond.new_zeros(data.num_nodes, 2).index_add(0, edge_index[1], bond)
        square = bond.new_zeros(data.num_nodes, 2).index_add(0, edge_index[1], bond.square())
        h = self.embed(torch.cat([total, square], dim=-1))
        for layer in self.layers:
            h = layer(h, edge_index, bond)
        logits: Tensor = self.head(h).squeeze(-1) * frame.to(h.dtype)
        return logits
