"""An equivariant denoiser whose atoms carry vectors: it sees angles, not distances alone."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch_geometric.data import Data

from pyg_energyloss.models.denoisers.dense import Blocks, blocks_of
from pyg_energyloss.models.denoisers.time import TimeEmbedding
from pyg_energyloss.models.readout import readout

#: Lengths in Å at which pair features peak, and where the last of them is.
PEAKS, REACH = 16, 5.0


class VectorLayer(nn.Module):
    """Messages over all pairs that pull at the vectors of the receiver; vectors meet by products.

    Args:
        channels: Width.
        vectors: Vectors of an atom.
        features: Of the distance of a pair.
    """

    def __init__(self, channels: int, vectors: int, *, features: int) -> None:
        super().__init__()
        self.channels = channels
        self.norm = nn.LayerNorm(channels)
        self.receiver = nn.Linear(channels, channels)
        self.sender = nn.Linear(channels, channels, bias=False)
        self.distance = nn.Linear(features, channels, bias=False)
        self.message = nn.Linear(channels, channels)
        self.gate = nn.Linear(channels, 1)
        self.pull = nn.Linear(channels, vectors)
        nn.init.xavier_uniform_(self.pull.weight, gain=0.3)
        self.passed_on = nn.Linear(channels, vectors)
        self.mixed = nn.Linear(vectors, 2 * vectors, bias=False)
        self.update_net = nn.Sequential(
            nn.Linear(2 * channels + 2 * vectors, 2 * channels),
            nn.SiLU(),
            nn.Linear(2 * channels, channels + vectors),
        )

    def forward(
        self, h: Tensor, v: Tensor, unit: Tensor, radial: Tensor, blocks: Blocks
    ) -> tuple[Tensor, Tensor]:
        """Return updated features [num_graphs, size, channels] and vectors [.., 3, vectors].

        Args:
            h: Features.
            v: Vectors.
            unit: Directions of the pairs [num_graphs, size, size, 3], towards the receiver.
            radial: Features of their distances [num_graphs, size, size, features].
            blocks: Of the batch.
        """
        silu, normed = nn.functional.silu, self.norm(h)
        sides = self.receiver(normed)[:, :, None] + self.sender(normed)[:, None, :]
        message = silu(self.message(silu(sides + self.distance(radial))))
        share = blocks.pairs * blocks.share
        gate = self.gate(message).squeeze(-1).sigmoid() * share
        summed = torch.einsum("bij,bijc->bic", gate, message)
        v = v + torch.einsum("bijv,bijk->bikv", self.pull(message) * share[..., None], unit)
        # The vectors of the neighbours: what pulls at them, seen from here.
        around = torch.einsum("bij,bjkv->bikv", gate, v)
        v = v + self.passed_on(summed)[:, :, None].tanh() * around
        left, right = self.mixed(v).chunk(2, dim=-1)
        length = left.square().sum(-2).add(1e-4).sqrt()
        products = torch.cat([normed, summed, (left * right).sum(-2), length], dim=-1)
        change, turn = self.update_net(products).split([self.channels, v.shape[-1]], dim=-1)
        return h + change, v + turn[:, :, None] * right


class VectorDenoiser(nn.Module):
    """Denoises; rotating or reflecting the input does so to the output, shifts are ignored.

    An atom has vectors beside its features, sums over its neighbours that point along the pairs.
    Their products tell angles: that of four neighbours at the corners of a tetrahedron is small.
    A step costs more than one of `EDM`.

    Args:
        types: Number of atom types.
        channels: Width.
        layers: Rounds of messages.
        vectors: Of an atom; a quarter of the width unless given.

    Source: Schütt, Unke, Gastegger, "Equivariant Message Passing for the Prediction of Tensorial
    Properties and Molecular Spectra" (PaiNN), ICML 2021, for vectors beside features; the layer is
    ours.
    """

    def __init__(
        self, *, types: int, channels: int = 48, layers: int = 3, vectors: int | None = None
    ) -> None:
        super().__init__()
        self.vectors = max(1, channels // 4) if vectors is None else vectors
        self.peaks: Tensor
        self.register_buffer("peaks", torch.linspace(0, REACH, PEAKS), persistent=False)
        self.embed = nn.Linear(types, channels)
        self.time = TimeEmbedding(channels)
        self.layers = nn.ModuleList(
            VectorLayer(channels, self.vectors, features=PEAKS + 2) for _ in range(layers)
        )
        self.along = nn.Linear(self.vectors, 1, bias=False)
        self.outward = nn.Linear(channels, 1)
        self.out = readout(channels, types)

    def forward(self, data: Data) -> tuple[Tensor, Tensor]:
        """Return outputs for positions [num_nodes, 3] and types [num_nodes, types].

        Args:
            data: Batch with ``input_pos`` [num_nodes, 3], ``input_types`` [num_nodes, types] and
                ``time`` [num_graphs] between 0 and 1.
        """
        blocks = blocks_of(data, data.input_pos.dtype)
        x = blocks.pack(data.input_pos)
        apart = x[:, :, None] - x[:, None, :]
        length = apart.square().sum(-1, keepdim=True).add(1e-6).sqrt()
        bumps = (-((length - self.peaks) * ((PEAKS - 1) / REACH)).square()).exp()
        radial = torch.cat([bumps, length.log1p(), 1 / (1 + length)], dim=-1)
        unit = apart / (0.01 + length)
        h = blocks.pack(self.embed(data.input_types) + self.time(data.time)[data.batch])
        v = x.new_zeros(*x.shape, self.vectors)
        for layer in self.layers:
            h, v = layer(h, v, unit, radial, blocks)
        atoms = data.ptr.diff().clamp(min=1).to(x.dtype)[:, None, None]
        from_centre = torch.einsum("bij,bijk->bik", blocks.pairs, apart) / atoms
        pos = self.along(v).squeeze(-1) + self.outward(h) * from_centre
        return blocks.unpack(pos), self.out(blocks.unpack(h))
