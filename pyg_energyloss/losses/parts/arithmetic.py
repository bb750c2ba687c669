"""Losses add and scale as objects: ``0.9 * pair + 0.1 * chirality``."""

from __future__ import annotations

from numbers import Real
from typing import Any

import torch
from torch import Tensor

from pyg_energyloss.degree import degree_of


class LossArithmetic(torch.nn.Module):
    """Give a loss module ``+``, ``-`` and multiplication by a number.

    The result is a loss with the same call, whose parts are its submodules.
    """

    def __add__(self, other: object) -> Any:
        return _combined(self, 1.0, other, 1.0)

    def __radd__(self, other: object) -> Any:
        if isinstance(other, Real) and other == 0:  # the start value of sum()
            return self
        return NotImplemented

    def __sub__(self, other: object) -> Any:
        return _combined(self, 1.0, other, -1.0)

    def __mul__(self, factor: object) -> Any:
        if not isinstance(factor, Real):
            return NotImplemented
        return LossSum(*[(float(factor) * weight, part) for weight, part in terms(self)])

    __rmul__ = __mul__

    def __truediv__(self, divisor: object) -> Any:
        if not isinstance(divisor, Real):
            return NotImplemented
        return self * (1.0 / float(divisor))


class LossSum(LossArithmetic):
    """Add losses with weights; each part is called with the same arguments.

    Args:
        terms: pairs (weight, loss).

    Raises:
        TypeError: a term is not a pair of a number and a loss module.

    >>> from pyg_energyloss import CoordinateMAELoss, CoordinateMSELoss
    >>> 0.5 * (CoordinateMSELoss() + CoordinateMAELoss())
    0.5 * CoordinateMSELoss() + 0.5 * CoordinateMAELoss()
    """

    def __init__(self, *terms: tuple[float, torch.nn.Module]) -> None:
        super().__init__()
        for term in terms:
            pair = isinstance(term, tuple) and len(term) == 2  # noqa: PLR2004 - weight, loss
            if not pair or not isinstance(term[0], Real) or not callable(term[1]):
                raise TypeError(f"`terms` must be pairs (weight, loss module), got {term!r}")
        self.weights = [float(weight) for weight, _ in terms]
        self.parts = torch.nn.ModuleList([part for _, part in terms])

    @property
    def degree(self) -> float:
        """The largest degree of a part, see `degree_of`; a sum has one only if all parts agree."""
        return max(degree_of(part) for part in self.parts)

    def forward(self, pos_pred: Tensor, data: Any, cell_pred: Tensor | None = None) -> Tensor:
        """Return the weighted sum of the parts' values; a predicted lattice goes to every part."""
        given = {} if cell_pred is None else {"cell_pred": cell_pred}
        values = [
            w * part(pos_pred, data, **given)
            for w, part in zip(self.weights, self.parts, strict=True)
        ]
        return torch.stack(values).sum(dim=0)

    def __repr__(self) -> str:
        pairs = zip(self.weights, self.parts, strict=True)
        return " + ".join(f"{weight:g} * {part!r}" for weight, part in pairs)


def terms(loss: torch.nn.Module) -> list[tuple[float, torch.nn.Module]]:
    """Return a loss as pairs (weight, part)."""
    if isinstance(loss, LossSum):
        return list(zip(loss.weights, loss.parts, strict=True))
    return [(1.0, loss)]


def _combined(left: torch.nn.Module, a: float, right: object, b: float) -> Any:
    if not isinstance(right, torch.nn.Module):
        return NotImplemented
    scaled = [(b * weight, part) for weight, part in terms(right)]
    return LossSum(*[(a * weight, part) for weight, part in terms(left)], *scaled)
