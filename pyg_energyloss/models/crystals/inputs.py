"""What every network of crystals reads: elements, noise level, images around each atom."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch_geometric.data import Data

from pyg_energyloss.functional import crystal_springs

#: Images within so many mean spacings exchange messages, about 24 of them.
REACH = 1.8
#: Root mean square displacement that a network without noise level has to undo, in Å.
SIGMA_DATA = 1.0
#: Features of a pair.
RADIAL = 11
MAX_Z = 118
MAX_SITE = 31


@dataclass(frozen=True, slots=True)
class Images:
    """Pairs of an atom and an image near it.

    Attributes:
        source: Atom whose image it is [num_pairs].
        target: Atom that looks [num_pairs].
        shift: From the atom to the image by lattice vectors [num_pairs, 3], Å.
        spacing: Edge of the cube that holds one atom on average [num_graphs], Å.
        own: 1 for an image of the atom itself, which tells of the lattice alone [num_pairs, 1].
    """

    source: Tensor
    target: Tensor
    shift: Tensor
    spacing: Tensor
    own: Tensor

    def vectors(self, pos: Tensor) -> Tensor:
        """From each atom to the image [num_pairs, 3], Å."""
        return pos[self.source] - pos[self.target] + self.shift


def images_of(data: Data) -> Images:
    """Find the images around each atom of ``data.input_pos`` in ``data.input_cell``.

    Raises:
        ValueError: ``data`` lacks one of them.
    """
    if "input_pos" not in data or "input_cell" not in data:
        raise ValueError(
            "`data` must have starting positions in `input_pos` and a cell in `input_cell`; a task "
            "of `energyloss crystals` makes them"
        )
    pos, cell = data.input_pos, data.input_cell
    springs = crystal_springs(pos, cell, reach=REACH, batch=data.batch, num_graphs=data.num_graphs)
    target, source = springs.atoms
    shift = (springs.edge_shift.to(pos.dtype)[:, :, None] * cell[data.batch[target]]).sum(dim=1)
    spacing = (torch.linalg.det(cell).abs() / data.ptr.diff()) ** (1 / 3)
    own = (source == target).to(pos.dtype).unsqueeze(1)
    return Images(source, target, shift, spacing, own)


class SiteEmbedding(nn.Module):
    """Embeds element and noise level; without a noise level, which of its element an atom is.

    Args:
        channels: Width of the embedding.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.element = nn.Embedding(MAX_Z + 1, channels)
        self.site = nn.Embedding(MAX_SITE + 1, channels)
        self.noise = nn.Sequential(nn.Linear(1, channels), nn.SiLU(), nn.Linear(channels, channels))

    def forward(self, data: Data) -> Tensor:
        """Return scalar features [num_nodes, channels]."""
        h: Tensor = self.element(data.z.clamp(max=MAX_Z))
        extra: Tensor
        if "noise_level" in data:
            extra = self.noise(data.noise_level.log().unsqueeze(-1))[data.batch]
        else:
            extra = self.site(data.site.clamp(max=MAX_SITE))
        return h + extra


def pair_features(length: Tensor, images: Images) -> Tensor:
    """Smooth features of distances [num_pairs, 1] in Å, and whose image it is: [num_pairs, 11]."""
    centre = torch.linspace(0.5, 5.0, 8, device=length.device, dtype=length.dtype)
    bumps = (-((length - centre) / 0.6).square()).exp()
    return torch.cat([bumps, length, (1 + length).log(), images.own], dim=1)


def output_scale(data: Data) -> Tensor:
    """What the outputs of a network are multiplied with [num_graphs, 1]: about the noise, in Å."""
    if "noise_level" not in data:
        return torch.ones_like(data.input_cell[:, 0, :1])
    sigma: Tensor = data.noise_level[:, None]
    scale: Tensor = sigma * SIGMA_DATA / (sigma.square() + SIGMA_DATA**2).sqrt()
    return scale


def deformed(data: Data, move: Tensor, strain: Tensor) -> tuple[Tensor, Tensor | None]:
    """Return positions [num_nodes, 3] and, if it is asked for, the lattice [num_graphs, 3, 3].

    Args:
        data: Batch; ``cell_known`` says that the lattice is not to be predicted.
        move: Displacement of each atom [num_nodes, 3], Å.
        strain: Of each crystal [num_graphs, 3, 3], added to the unit matrix.
    """
    if data.cell_known:
        return data.input_pos + move, None
    change = torch.eye(3, dtype=strain.dtype, device=strain.device) + strain
    pos = (data.input_pos[:, :, None] * change[data.batch]).sum(dim=1)
    return pos + move, data.input_cell @ change
