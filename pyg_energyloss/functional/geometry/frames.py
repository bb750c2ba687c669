"""Frames of three points: an origin and three axes that turn with them."""

from __future__ import annotations

import torch
from torch import Tensor

from pyg_energyloss.functional.chains import bonded_chains
from pyg_energyloss.functional.geometry.distance import safe_norm

#: Points closer than this (Å), or an angle of a smaller sine, make no frame.
LEAST = 1e-3


def frame_axes(first: Tensor, origin: Tensor, last: Tensor) -> Tensor:
    """Return the axes of frames: the first points to `last`, the second lies on `first`'s side.

    Args:
        first: positions [..., 3].
        origin: positions [..., 3].
        last: positions [..., 3].

    Returns:
        Rotations [..., 3, 3] with the axes as rows, differentiable; where the points make no frame
        an axis is shorter than one, so that value and gradient are finite.

    >>> points = torch.tensor([[0.0, 2.0, 0.0], [0.0, 0.0, 0.0], [3.0, 0.0, 0.0]])
    >>> torch.equal(frame_axes(*points), torch.eye(3))
    True

    Source: Jumper et al., Nature 596, 583 (2021), supplementary algorithm 21.
    """
    along, aside = _unit(last - origin), _unit(first - origin)
    across = _unit(aside - along * (along * aside).sum(dim=-1, keepdim=True))
    return torch.stack([along, across, torch.linalg.cross(along, across)], dim=-2)


def is_frame(axes: Tensor) -> Tensor:
    """Return whether axes [..., 3, 3] are those of points that make a frame [...].

    >>> is_frame(frame_axes(*torch.tensor([[1.0, 0, 0], [0, 0, 0], [2, 0, 0]])))
    tensor(False)
    """
    # The third axis is as long as the product of the others.
    return axes[..., 2, :].square().sum(dim=-1) > 0.5  # noqa: PLR2004 - one or far less


def bonded_frames(edge_index: Tensor, num_nodes: int) -> Tensor:
    """Return every bond angle as two frames, one along each of its bonds: a ``frame_index``.

    Args:
        edge_index: bonds [2, num_bonds], one direction or both.
        num_nodes: number of nodes.

    Returns:
        [3, num_frames]: first, origin, last.

    >>> bonded_frames(torch.tensor([[0, 1], [1, 2]]), 3).tolist()
    [[0, 2], [1, 1], [2, 0]]
    """
    angles = bonded_chains(edge_index, num_nodes, 3)
    return torch.cat([angles, angles.flip(0)], dim=1)


def _unit(vector: Tensor) -> Tensor:
    """The vector at length one; below `LEAST` it goes to zero in proportion."""
    largest = vector.detach().abs().amax(dim=-1, keepdim=True).clamp(min=LEAST)
    scaled = vector / largest
    return scaled / safe_norm(scaled)[..., None].clamp(min=1.0)
