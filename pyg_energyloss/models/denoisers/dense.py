"""Complete graphs of small molecules as padded blocks, inside a network."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch_geometric.data import Data


@dataclass(frozen=True)
class Blocks:
    """Where the atoms of a flat batch sit in blocks [num_graphs, size, ...].

    All pairs of a small molecule are as many as its padded block; in blocks the sum over neighbours
    is a matrix product, which on a CPU is several times faster than gathering and scattering pairs.

    Attributes:
        row: place of each atom in the flattened blocks [num_nodes].
        num_graphs: number of graphs.
        size: atoms of the largest graph.
        pairs: 1 for each pair of two different atoms of a graph, [num_graphs, size, size].
        share: one over the root of the number of neighbours [num_graphs, 1, 1].
    """

    row: Tensor
    num_graphs: int
    size: int
    pairs: Tensor
    share: Tensor

    def pack(self, flat: Tensor) -> Tensor:
        """Turn [num_nodes, k] into [num_graphs, size, k], padded with zeros."""
        packed = flat.new_zeros(self.num_graphs * self.size, flat.shape[-1])
        return packed.index_copy(0, self.row, flat).view(self.num_graphs, self.size, -1)

    def unpack(self, packed: Tensor) -> Tensor:
        """Turn [num_graphs, size, k] into [num_nodes, k]."""
        return packed.reshape(self.num_graphs * self.size, -1).index_select(0, self.row)


def blocks_of(data: Data, dtype: torch.dtype) -> Blocks:
    """Find the blocks of a batch with ``batch`` and ``ptr``."""
    counts = data.ptr.diff()
    size = int(counts.max()) if counts.numel() else 0
    row = data.batch * size + torch.arange(data.batch.numel(), device=data.batch.device)
    row = row - data.ptr[:-1][data.batch]
    inside = torch.arange(size, device=counts.device)[None, :] < counts[:, None]
    pairs = (inside[:, :, None] & inside[:, None, :]).to(dtype)
    pairs = pairs * (1 - torch.eye(size, dtype=dtype, device=pairs.device))
    share = (counts.to(dtype) - 1).clamp(min=1).rsqrt()[:, None, None]
    return Blocks(row, counts.numel(), size, pairs, share)
