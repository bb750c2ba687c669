"""The ground state of a few spins by looking at every configuration."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: 2^23 configurations up to a global flip, some seconds.
MAX_ENUMERATED = 24
_CHUNK = 16


def lowest_by_enumeration(
    bonds: NDArray[np.int64], values: NDArray[np.float64], num_nodes: int
) -> NDArray[np.int8]:
    """Return a configuration of least energy with the first spin +1.

    Energies are summed in float64: configurations closer than its rounding are not told apart.

    Raises:
        ValueError: more than 24 spins.

    Example:
        >>> lowest_by_enumeration(np.array([[0, 1]]), np.array([-1.0]), 2)
        array([ 1, -1], dtype=int8)
    """
    if num_nodes > MAX_ENUMERATED:
        raise ValueError(
            f"`num_nodes` must be at most {MAX_ENUMERATED} to enumerate 2^n configurations, "
            f"got {num_nodes}"
        )
    lower = min(max(num_nodes - 1, 0), _CHUNK)
    upper = max(num_nodes - 1, 0) - lower
    bits = np.arange(1 << lower)[:, None] >> np.arange(lower) & 1
    block = np.ones((1 << lower, num_nodes), dtype=np.int8)
    block[:, 1 : 1 + lower] = 1 - 2 * bits
    best, found = np.inf, np.ones(num_nodes, dtype=np.int8)
    for head in range(1 << upper):
        block[:, 1 + lower :] = 1 - 2 * (head >> np.arange(upper) & 1)
        energy = np.zeros(len(block))
        for (i, j), value in zip(bonds, values, strict=True):
            energy -= value * (block[:, i] * block[:, j])
        lowest = int(energy.argmin())
        if energy[lowest] < best:
            best, found = energy[lowest], block[lowest].copy()
    return found
