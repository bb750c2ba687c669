"""Structures that break careless losses: coincident, flat, huge, tiny, single, empty."""

from __future__ import annotations

import torch
from torch import Tensor

#: name -> what is done to a random structure [num_nodes, 3].
SHAPES = (
    "ordinary",
    "coincident",
    "collinear",
    "planar",
    "huge",
    "tiny",
    "far away",
    "one coincident pair",
    "denormal",
)


def hostile_positions(
    shape: str, num_nodes: int, dtype: torch.dtype, generator: torch.Generator
) -> Tensor:
    """Return positions [num_nodes, 3] of one hostile kind.

    Args:
        shape: one of `SHAPES`.
        num_nodes: number of atoms, also 0.
        dtype: floating point type of the result.
        generator: source of randomness.

    Raises:
        KeyError: `shape` is not one of `SHAPES`.

    >>> hostile_positions("planar", 4, torch.float32, torch.Generator().manual_seed(0))[:, 2].abs()
    tensor([0., 0., 0., 0.])
    """
    pos = torch.randn(num_nodes, 3, generator=generator, dtype=torch.float64)
    limit = torch.finfo(dtype)
    changed = {
        "ordinary": pos,
        "coincident": pos[:1].expand(num_nodes, 3),
        "collinear": pos * torch.tensor([1.0, 0.0, 0.0]),
        "planar": pos * torch.tensor([1.0, 1.0, 0.0]),
        "huge": pos.clamp(-4, 4) * (limit.max / 16),
        "tiny": pos * limit.tiny * 16,
        "far away": pos + 1e4,
        "one coincident pair": torch.cat([pos[:1], pos[:1], pos[2:]])[:num_nodes],
        "denormal": pos * limit.tiny / 8,
    }[shape]
    return changed.to(dtype)
