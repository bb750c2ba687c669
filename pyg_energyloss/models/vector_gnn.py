"""A plain message-passing network that sees the vectors between atoms, not their places."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch_geometric.data import Data

from pyg_energyloss.models.features import pair_kinds
from pyg_energyloss.models.gnn import PlainGNN
from pyg_energyloss.models.preconditioning import graph_mean, precondition


class VectorGNN(PlainGNN):
    """Predicts positions without built-in symmetry but that of translation.

    A message carries the vector and the distance from receiver to sender. `PlainGNN` has to make
    them of coordinates, which works for small molecules; here a structure may be a protein.

    Args:
        channels: Width of the node features.
        layers: Rounds of messages.
    """

    def __init__(self, *, channels: int = 64, layers: int = 4) -> None:
        super().__init__(channels=channels, layers=layers)
        del self.coordinates
        self.vectors = nn.ModuleList(nn.Linear(4, channels, bias=False) for _ in range(layers))

    def forward(self, data: Data) -> Tensor:
        """Return positions [num_nodes, 3] in Å."""
        _, base, c_out = precondition(data)
        source, target = data.hop_index
        vector = data.input_pos[source] - data.input_pos[target]
        seen = torch.cat([vector, vector.norm(dim=-1, keepdim=True)], dim=-1)
        kind, h = pair_kinds(data), self.atoms(data)
        for layer, pool, embed in zip(self.layers, self.pool, self.vectors, strict=True):
            context = graph_mean(pool(h), data)[data.batch]
            h = layer(h, data.hop_index, kind, context, embed(seen))
        out: Tensor = base + c_out * self.out(h)
        return out
