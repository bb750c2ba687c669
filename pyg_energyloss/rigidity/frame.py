"""Points of a structure that span it: the hubs every rigid construction starts from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Heights below this share of the structure's extent count as zero.
TOLERANCE = 1e-5


def affine_frame(
    pos: NDArray[np.floating], *, tolerance: float = TOLERANCE
) -> tuple[NDArray[np.int64], float]:
    """Pick far-apart points whose affine span is that of the whole structure.

    The point farthest from the centroid, then the one farthest from it, then from their line, then
    from their plane, and so on, until no point is higher than ``tolerance`` times the extent. So a
    generic structure gives dim + 1 points, a planar one 3, a linear one 2, coincident points 1.

    Args:
        pos: positions [num_nodes, dim], any length unit.
        tolerance: relative height that counts as zero.

    Returns:
        Indices of the points, and the smallest height among them (infinite for a single one), a
        measure of how well the frame is conditioned, in the unit of ``pos``.

    Example:
        >>> import numpy as np
        >>> square = np.array([[0.0, 0, 0], [2, 0, 0], [2, 1, 0], [0, 1, 0]])
        >>> len(affine_frame(square)[0])
        3
    """
    num_nodes, dim = pos.shape
    if num_nodes == 0:
        return np.empty(0, np.int64), np.inf
    rest = pos - pos.mean(axis=0)
    first = int(dot(rest, rest).argmax())
    frame = [first]
    rest = pos - pos[first]
    lowest, limit = np.inf, 0.0
    for step in range(min(dim, num_nodes - 1)):
        square = dot(rest, rest)
        far = int(square.argmax())
        height = float(square[far]) ** 0.5
        if step == 0:
            limit = tolerance * height
        if height <= limit:
            break
        frame.append(far)
        lowest = min(lowest, height)
        axis = rest[far] / height
        rest = rest - dot(rest, axis[None])[:, None] * axis
    return np.array(frame, np.int64), lowest


def check_finite(pos: NDArray[np.floating]) -> None:
    """Raise unless all positions are finite.

    Raises:
        ValueError: one is NaN or infinite.

    Example:
        >>> check_finite(np.zeros((2, 3)))
    """
    if not np.isfinite(pos).all():
        atoms = np.flatnonzero(~np.isfinite(pos).all(axis=1))
        raise ValueError(
            f"`pos` must be finite, got NaN or infinity for {len(atoms)} of {len(pos)} atoms, the "
            f"first is {atoms[0]}"
        )


def dot(left: NDArray[np.floating], right: NDArray[np.floating]) -> NDArray[np.float64]:
    """Inner products along the last axis, in the order of the compiled loops: the same bits."""
    total: NDArray[np.float64] = left[..., 0] * right[..., 0]
    for axis in range(1, left.shape[-1]):
        total = total + left[..., axis] * right[..., axis]
    return total
