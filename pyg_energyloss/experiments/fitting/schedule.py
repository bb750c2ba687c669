"""The learning rate in the course of a training."""

from __future__ import annotations

import math
from collections.abc import Callable


def learning_rate_factor(
    step: int, steps: int, *, warm_up: float = 0.1, falls: bool = True
) -> float:
    """Return the share of the peak learning rate: a linear rise, then a fall along a cosine.

    Args:
        step: Of the optimiser, from 0.
        steps: In all.
        warm_up: Share of the steps in which it rises; 0 for none.
        falls: Whether it falls to zero after the rise, or stays.

    >>> [round(learning_rate_factor(step, 10), 2) for step in (0, 1, 9)]
    [1.0, 1.0, 0.03]
    >>> [learning_rate_factor(step, 10, warm_up=0.4, falls=False) for step in (0, 1, 9)]
    [0.25, 0.5, 1.0]
    """
    rise = max(1, round(warm_up * steps)) if warm_up else 0
    if step < rise:
        return (step + 1) / rise
    if not falls:
        return 1.0
    return 0.5 * (1 + math.cos(math.pi * (step - rise) / max(1, steps - rise)))


#: Name -> whether the rate rises and falls; "constant" is the paper's for spins.
SCHEDULES: dict[str, Callable[[int, int], float]] = {
    "constant": lambda step, steps: learning_rate_factor(step, steps, warm_up=0, falls=False),
    "cosine": learning_rate_factor,
}
