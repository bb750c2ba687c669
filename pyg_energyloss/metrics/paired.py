"""Is one run ahead of another, or was it luck: the same molecules, the same seeds."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray


class Difference(NamedTuple):
    """Mean of first minus second, and the interval in which it is with the confidence asked for."""

    mean: float
    low: float
    high: float

    @property
    def sign(self) -> int:
        """-1 or 1 where the interval excludes zero, else 0: the data do not tell."""
        return int(self.low > 0) - int(self.high < 0)


def paired_difference(
    first: Sequence[ArrayLike] | NDArray[np.floating],
    second: Sequence[ArrayLike] | NDArray[np.floating],
    *,
    confidence: float = 0.95,
    draws: int = 10_000,
    seed: int = 0,
) -> Difference:
    """Return the mean difference of two sets of errors, with a paired bootstrap interval.

    Seeds and molecules are both drawn with replacement, the pairs staying together, so the interval
    is about other seeds and other molecules. With one seed it is about other molecules alone.

    Args:
        first: errors [num_seeds, num_molecules], any unit; a molecule with NaN in either is left
            out.
        second: errors of the other, the same seeds and molecules in the same order.
        confidence: share of the draws within the interval.
        draws: how many are drawn.
        seed: of the draws.

    Raises:
        ValueError: the shapes differ, are not [num_seeds, num_molecules], or nothing is left.

    >>> errors = np.linspace(1.0, 2.0, 50)[None].repeat(3, axis=0)
    >>> paired_difference(errors, errors + 0.5).sign, paired_difference(errors, errors).sign
    (-1, 0)

    Source: the pigeonhole bootstrap of Owen, Annals of Applied Statistics 1, 386 (2007).
    """
    a, b = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    if a.ndim != 2 or a.shape != b.shape:  # noqa: PLR2004 - seeds and molecules
        raise ValueError(
            "`first` and `second` must be of one shape [num_seeds, num_molecules], got "
            f"{list(a.shape)} and {list(b.shape)}"
        )
    difference = a - b
    difference = difference[:, ~np.isnan(difference).any(axis=0)]
    if not difference.size:
        raise ValueError("`first` and `second` have no molecule that both have a value for")
    of_seeds, of_molecules = _weights(*difference.shape, draws, seed)
    means = ((of_seeds @ difference) * of_molecules).sum(axis=1)
    tail = (1 - confidence) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    return Difference(float(difference.mean()), float(low), float(high))


@lru_cache(maxsize=2)  # the same for every two runs on the same molecules
def _weights(
    seeds: int, molecules: int, draws: int, seed: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Shares of the draws: of each seed [draws, seeds], of each molecule [draws, molecules]."""
    rng = np.random.default_rng(seed)
    first, second = (rng.multinomial(n, [1 / n] * n, draws) / n for n in (seeds, molecules))
    return first, second
