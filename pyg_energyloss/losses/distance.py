"""The error of all pair distances as a loss."""

from __future__ import annotations

from typing import Any

from pyg_energyloss.losses.pair_energy import PairEnergyLoss
from pyg_energyloss.potentials import Absolute, Harmonic, Huber

#: Name -> potential and the factor by which the mean of its energy is the usual error.
_ERRORS: dict[str, tuple[Any, float]] = {
    "l1": (Absolute, 1.0),
    "l2": (Harmonic, 0.5),
    "huber": (Huber, 1.0),
}


class DistanceLoss(PairEnergyLoss):
    """Score positions by the mean error of all pair distances of each graph.

    The pair energy with equal springs, as a mean over pairs: "l1" is the mean of |e|, "l2" of e²,
    "huber" of `potentials.Huber`. Blind to rotation, translation and reflection.

    Args:
        error: "l1", "l2" or "huber".
        cutoff: pairs that are truly this far apart (in Å), or further, do not count.
        reduction: over graphs: "mean", "sum", "none" or "global_mean".

    Raises:
        ValueError: `error` or `reduction` is something else.

    >>> import torch
    >>> from torch_geometric.data import Data
    >>> data = Data(pos=torch.tensor([[0.0], [1.0]]))
    >>> DistanceLoss("l2")(3.0 * data.pos, data).round(decimals=4)
    tensor(4.)
    """

    def __init__(
        self, error: str = "l1", *, cutoff: float | None = None, reduction: str = "mean"
    ) -> None:
        if error not in _ERRORS:
            raise ValueError(f"`error` must be one of {', '.join(_ERRORS)}; got {error!r}")
        potential, temperature = _ERRORS[error]
        super().__init__(
            "constant",
            edges="complete",
            normalize="pairs",
            reduction=reduction,
            temperature=temperature,
            potential=potential(),
            cutoff=cutoff,
        )
        self.error = error

    def __repr__(self) -> str:
        return f"DistanceLoss({self.error!r}, reduction={self.reduction!r})"
