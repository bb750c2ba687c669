"""A tensor-product network on crystals: vectors move atoms, symmetric tensors strain lattices."""

from __future__ import annotations

import torch
from e3nn import o3
from e3nn.io import CartesianTensor
from torch import Tensor, nn
from torch_geometric.data import Data

from pyg_energyloss.models.crystals.inputs import (
    RADIAL,
    SiteEmbedding,
    deformed,
    images_of,
    output_scale,
    pair_features,
)
from pyg_energyloss.models.preconditioning import graph_mean
from pyg_energyloss_e3nn.convolution import convolutions
from pyg_energyloss_e3nn.hidden import at_least_one, hidden_irreps


class CrystalTensorProductNetwork(nn.Module):
    """Predicts positions, and a lattice; rotating or reflecting the input does so to the output.

    Each layer moves the atoms by a vector (1o) of their features; a scalar (0e) and a traceless
    symmetric tensor (2e), averaged over the atoms, strain the lattice.

    Args:
        irreps: Hidden node features, in e3nn's notation; needs 0e, 1o and 2e.
        lmax: Largest degree of the spherical harmonics of the lines to images.
        layers: Number of convolutions.

    Raises:
        ValueError: ``irreps`` is not valid or lacks one of these, or ``lmax`` or ``layers`` is
            below 1.

    Source: Thomas et al., "Tensor field networks", arXiv 1802.08219, with periodic images; weights
    that know the elements at both ends are those of Liao et al., "EquiformerV2", arXiv 2306.12059.
    """

    change_of_basis: Tensor

    def __init__(
        self, *, irreps: str = "24x0e + 8x1o + 4x2e", lmax: int = 2, layers: int = 3
    ) -> None:
        super().__init__()
        hidden = hidden_irreps(irreps, needs=("0e", "1o", "2e"))
        channels = hidden.count("0e")
        self.irreps_sh = o3.Irreps.spherical_harmonics(at_least_one("lmax", lmax))
        self.atoms = SiteEmbedding(channels)
        self.receiver = nn.Linear(channels, channels)
        self.sender = nn.Linear(channels, channels, bias=False)
        self.distance = nn.Linear(RADIAL, channels, bias=False)
        self.convolutions = nn.ModuleList()
        self.moves = nn.ModuleList()
        self.strains = nn.ModuleList()
        symmetric = CartesianTensor("ij=ji")
        basis = symmetric.reduced_tensor_products().change_of_basis
        self.register_buffer("change_of_basis", basis, persistent=False)
        for convolution in convolutions(self.irreps_sh, hidden, layers):
            current = convolution.irreps_out
            self.convolutions.append(convolution)
            self.moves.append(o3.Linear(current, o3.Irreps("1x1o")))
            self.strains.append(o3.Linear(current, o3.Irreps(symmetric)))

    def forward(self, data: Data) -> tuple[Tensor, Tensor | None]:
        """Return positions [num_nodes, 3] in Å and the lattice, None where it is known."""
        images, h, x = images_of(data), self.atoms(data), data.input_pos
        source, target = index = torch.stack([images.source, images.target])
        ends = self.receiver(h)[target] + self.sender(h)[source]
        near = torch.bincount(target, minlength=len(x)).clamp(min=1)
        average = near.to(x.dtype).rsqrt()[:, None]
        scale = output_scale(data)
        tensor = x.new_zeros(len(x), len(self.change_of_basis))
        for convolution, move, strain in zip(
            self.convolutions, self.moves, self.strains, strict=True
        ):
            vector = images.vectors(x)
            # Safe at coincident atoms: the root stays away from zero.
            length = vector.square().sum(dim=1, keepdim=True).add(1e-6).sqrt()
            # Harmonics of a vector that shrinks to zero with its length are smooth there.
            sh = o3.spherical_harmonics(
                self.irreps_sh, vector / (1 + length), normalize=False, normalization="component"
            )
            radial = ends + self.distance(pair_features(length, images))
            h = convolution(h, sh, radial, index, average)
            x = x + scale[data.batch] * move(h)
            tensor = tensor + strain(h)
        # A tenth: lattices are off by a tenth where atoms are off by about 1 Å.
        strained = torch.einsum("gi,iab->gab", graph_mean(tensor, data), self.change_of_basis)
        return deformed(data, x - data.input_pos, 0.1 * scale[:, :, None] * strained)
