"""A tensor-product network with the interface of every model: ``model(data) -> pos``."""

from __future__ import annotations

import torch
from e3nn import o3
from torch import Tensor, nn
from torch_geometric.data import Data

from pyg_energyloss.models.features import AtomEmbedding, PairEmbedding, pair_kinds
from pyg_energyloss.models.preconditioning import precondition
from pyg_energyloss_e3nn.convolution import convolutions
from pyg_energyloss_e3nn.hidden import at_least_one, hidden_irreps


class TensorProductNetwork(nn.Module):
    """Predicts positions equivariantly: coordinates move by the vector features of each layer.

    Args:
        irreps: Hidden node features, in e3nn's notation; needs scalars (0e) and vectors (1o).
        lmax: Largest degree of the spherical harmonics of the edges.
        layers: Number of convolutions.

    Raises:
        ValueError: ``irreps`` is not valid or lacks 0e or 1o, or ``lmax`` or ``layers`` is below 1.
    """

    def __init__(self, *, irreps: str = "24x0e + 8x1o", lmax: int = 1, layers: int = 3) -> None:
        super().__init__()
        hidden = hidden_irreps(irreps)
        channels = hidden.count("0e")
        self.irreps_sh = o3.Irreps.spherical_harmonics(at_least_one("lmax", lmax))
        self.atoms = AtomEmbedding(channels)
        self.pair = PairEmbedding(channels)
        self.distance = nn.Linear(2, channels)
        self.convolutions = nn.ModuleList()
        self.moves = nn.ModuleList()
        for convolution in convolutions(self.irreps_sh, hidden, layers):
            current = convolution.irreps_out
            self.convolutions.append(convolution)
            self.moves.append(o3.Linear(current, o3.Irreps("1x1o")))

    def forward(self, data: Data) -> Tensor:
        """Return positions [num_nodes, 3] in Å."""
        start, base, c_out = precondition(data)
        source, target = index = data.hop_index
        neighbours = torch.zeros_like(start[:, :1]).index_add(
            0, target, torch.ones_like(start[source, :1])
        )
        scale = neighbours.clamp(min=1).rsqrt()
        h, x, pair = self.atoms(data), start, self.pair(pair_kinds(data))
        for convolution, move in zip(self.convolutions, self.moves, strict=True):
            edge = x[source] - x[target]
            # Safe at coincident atoms: the root stays away from zero.
            length = edge.square().sum(-1, keepdim=True).add(1e-6).sqrt()
            # Harmonics of a vector that shrinks to zero with its length are smooth there.
            sh = o3.spherical_harmonics(self.irreps_sh, edge / (1 + length), normalize=False)
            radial = pair + self.distance(torch.cat([length, (1 + length).log()], dim=-1))
            h = convolution(h, sh, radial, index, scale)
            x = x + move(h)
        if "noise_level" not in data:
            return x
        out: Tensor = base + c_out * (x - start)
        return out
