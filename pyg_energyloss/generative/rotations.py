"""Uniformly random rotations."""

from __future__ import annotations

import torch
from torch import Tensor


def random_rotations(
    count: int, *, generator: torch.Generator, dtype: torch.dtype = torch.float32
) -> Tensor:
    """Draw rotation matrices [count, 3, 3] from the Haar measure, on the generator's device.

    Formula: the matrix of a unit quaternion that is uniform on the 3-sphere.

    Source: K. Shoemake, "Uniform random rotations", Graphics Gems III (1992).
    """
    q = torch.randn(count, 4, generator=generator, device=generator.device, dtype=dtype)
    w, x, y, z = torch.nn.functional.normalize(q, dim=-1).unbind(-1)
    rows = [
        *(1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)),
        *(2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)),
        *(2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)),
    ]
    return torch.stack(rows, dim=-1).view(count, 3, 3)
