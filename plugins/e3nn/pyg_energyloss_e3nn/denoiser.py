"""A tensor-product denoiser of generators, interchangeable with the core's GDM and EDM."""

from __future__ import annotations

import torch
from e3nn import o3
from torch import Tensor, nn
from torch_geometric.data import Data

from pyg_energyloss.models.denoisers.time import TimeEmbedding
from pyg_energyloss.samplers.complete import all_pairs_batch
from pyg_energyloss_e3nn.convolution import convolutions
from pyg_energyloss_e3nn.hidden import at_least_one, hidden_irreps


class TensorProductDenoiser(nn.Module):
    """Denoises positions and atom types, equivariantly, over all pairs of atoms.

    Args:
        types: Number of atom types.
        irreps: Hidden node features, in e3nn's notation; needs scalars (0e) and vectors (1o).
        lmax: Largest degree of the spherical harmonics of the pairs.
        layers: Number of convolutions.

    Raises:
        ValueError: ``irreps`` is not valid or lacks 0e or 1o, or ``lmax`` or ``layers`` is below 1.
    """

    def __init__(
        self, *, types: int, irreps: str = "32x0e + 8x1o", lmax: int = 1, layers: int = 3
    ) -> None:
        super().__init__()
        hidden = hidden_irreps(irreps)
        channels = hidden.count("0e")
        self.irreps_sh = o3.Irreps.spherical_harmonics(at_least_one("lmax", lmax))
        self.embed = nn.Linear(types, channels)
        self.time = TimeEmbedding(channels)
        self.distance = nn.Linear(4, channels)
        self.convolutions = nn.ModuleList()
        self.moves = nn.ModuleList()
        self.reads = nn.ModuleList()
        for convolution in convolutions(self.irreps_sh, hidden, layers):
            current = convolution.irreps_out
            self.convolutions.append(convolution)
            self.moves.append(o3.Linear(current, o3.Irreps("1x1o")))
            self.reads.append(o3.Linear(current, o3.Irreps([(types, "0e")])))

    def forward(self, data: Data) -> tuple[Tensor, Tensor]:
        """Return outputs for positions [num_nodes, 3] and types [num_nodes, types].

        Args:
            data: Batch with ``input_pos`` [num_nodes, 3], ``input_types`` [num_nodes, types] and
                ``time`` [num_graphs] between 0 and 1.
        """
        start = x = data.input_pos
        source, target = index = all_pairs_batch(data.ptr.diff())
        scale = (data.ptr.diff() - 1).clamp(min=1).to(x.dtype).rsqrt()[data.batch][:, None]
        h = self.embed(data.input_types) + self.time(data.time)[data.batch]
        types = torch.zeros_like(data.input_types)
        for convolution, move, read in zip(self.convolutions, self.moves, self.reads, strict=True):
            edge = x[source] - x[target]
            squared = edge.square().sum(-1, keepdim=True)
            # Safe at coincident atoms: the root stays away from zero.
            length = squared.add(1e-6).sqrt()
            # Harmonics of a vector that shrinks to zero with its length are smooth there.
            sh = o3.spherical_harmonics(self.irreps_sh, edge / (1 + length), normalize=False)
            near = (-squared).exp()
            radial = self.distance(
                torch.cat([length, (1 + squared).log(), near, 1 / (1 + length)], dim=-1)
            )
            h = convolution(h, sh, radial, index, scale)
            x = x + move(h)
            types = types + read(h)
        return x - start, types
