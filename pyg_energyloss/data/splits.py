"""Train, validation and test rows, the same on every machine."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FRACTIONS = {"train": 0.8, "val": 0.1, "test": 0.1}


def split_groups(group: NDArray[np.int64], *, seed: int = 0) -> dict[str, NDArray[np.int64]]:
    """Split rows 80 : 10 : 10 so that no group (molecule) is in two splits.

    Args:
        group: Group number of each row, [num_rows].
        seed: Seed of the shuffle (numpy's PCG64, stable across versions).

    Returns:
        Shuffled rows of ``train``, ``val`` and ``test``; each has at least one group.

    Raises:
        ValueError: there are fewer than three groups.

    >>> {name: len(rows) for name, rows in split_groups(np.arange(10)).items()}
    {'train': 8, 'val': 1, 'test': 1}
    """
    groups = np.unique(group)
    if len(groups) < len(FRACTIONS):
        raise ValueError(
            f"`group` has {len(groups)} distinct molecule(s); a split into train, validation and "
            f"test needs at least {len(FRACTIONS)}"
        )
    rng = np.random.default_rng(seed)
    shuffled = groups[np.argsort(rng.random(len(groups)), kind="stable")]
    size = max(1, round(FRACTIONS["val"] * len(groups)))
    parts = {
        "train": shuffled[2 * size :],
        "val": shuffled[size : 2 * size],
        "test": shuffled[:size],
    }
    # Files are often sorted by size; shuffled rows make any first few of a split a fair sample.
    rows = {name: np.flatnonzero(np.isin(group, members)) for name, members in parts.items()}
    return {name: r[np.argsort(rng.random(len(r)), kind="stable")] for name, r in rows.items()}
