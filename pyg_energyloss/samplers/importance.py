"""How likely a pair is drawn: probabilities in proportion to a score, capped at one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Score = Callable[[Tensor], Tensor]

_NUMPY: dict[str, Callable[[NDArray[np.float64]], NDArray[np.float64]]] = {
    "constant": np.ones_like,
    "exponential": lambda distance: np.exp(-distance),
    "inverse": lambda distance: 1.0 / (distance + 1e-5),
    "inverse_square": lambda distance: 1.0 / (distance * distance + 1e-5),
}
_TORCH: dict[str, Score] = {
    "constant": torch.ones_like,
    "exponential": lambda distance: torch.exp(-distance),
    "inverse": lambda distance: 1.0 / (distance + 1e-5),
    "inverse_square": lambda distance: 1.0 / (distance * distance + 1e-5),
}


class Importance:
    """A score of pairs by their target distance; good ones follow the stiffness of the loss.

    Args:
        score: "constant", "inverse", "inverse_square", "exponential" (as the stiffness laws, with
            k0 = 1), or any callable from distances to positive numbers, tensors in and out.

    Raises:
        ValueError: the name is not known.
        TypeError: neither a name nor a callable.
    """

    def __init__(self, score: str | Score) -> None:
        if isinstance(score, str):
            if score not in _TORCH:
                raise ValueError(
                    f"`importance` must be one of {', '.join(_TORCH)} or a callable, got {score!r}"
                )
        elif not callable(score):
            raise TypeError(
                f"`importance` must be a name or a callable, got {type(score).__name__}"
            )
        self.score = score

    def numpy(self, distance: NDArray[np.float64]) -> NDArray[np.float64]:
        """Scores of an array of distances."""
        if isinstance(self.score, str):
            return _NUMPY[self.score](distance)
        found = self.score(torch.from_numpy(distance))
        return found.detach().numpy().astype(np.float64)

    def torch(self, distance: Tensor) -> Tensor:
        """Scores of a tensor of distances, on its device."""
        score = _TORCH[self.score] if isinstance(self.score, str) else self.score
        return score(distance).detach()

    def __repr__(self) -> str:
        """As it was given."""
        if isinstance(self.score, str):
            return repr(self.score)
        return getattr(self.score, "__qualname__", type(self.score).__name__)


def inclusion_probability(
    score: NDArray[np.float64], expected: float, *, floor: float
) -> NDArray[np.float64]:
    """Probabilities that follow a score, are at most 1, and sum to ``expected``.

    p = min(1, c ((1 - floor) s / sum s + floor / m)) with c such that the sum is right.

    Args:
        score: positive numbers [m].
        expected: how many of the m to draw on average.
        floor: share of the draws that is spread evenly, so that no weight 1 / p explodes.

    Returns:
        Probabilities [m]; all 1 if ``expected`` is at least m.

    Example:
        >>> import numpy as np
        >>> inclusion_probability(np.array([8.0, 1.0, 1.0]), 2.0, floor=0.0).tolist()
        [1.0, 0.5, 0.5]
    """
    count = len(score)
    if expected >= count:
        return np.ones(count)
    if expected <= 0.0:
        return np.zeros(count)
    total = score.sum()
    if not (np.isfinite(total) and total > 0.0):
        score, total = np.ones(count), float(count)
    share = score * ((1.0 - floor) / total)
    share += floor / count
    scale, certain = expected, 0
    while True:
        sure = share * scale >= 1.0
        found = int(np.count_nonzero(sure))
        if found == certain:
            break
        certain = found
        scale = (expected - certain) / share[~sure].sum()
    share *= scale
    probability: NDArray[np.float64] = np.minimum(share, 1.0)
    return probability
