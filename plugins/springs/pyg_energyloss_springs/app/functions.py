"""Toy functions of one and two variables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Toy:
    """A function on a box.

    Args:
        formula: as it is written.
        dim: number of variables.
        low: where the box begins along every axis.
        high: where it ends.
        function: points [num_points, dim] -> values [num_points].
    """

    formula: str
    dim: int
    low: float
    high: float
    function: Callable[[Array], Array]

    def sample(self, count: int, noise: float, rng: np.random.Generator) -> tuple[Array, Array]:
        """Draw points evenly at random, values with noise (a share of their own scatter)."""
        points = rng.uniform(self.low, self.high, (count, self.dim))
        values = self.function(points)
        return points, values + noise * values.std() * rng.standard_normal(count)


TOYS: dict[str, Toy] = {
    "sine": Toy("sin 2πx", 1, 0.0, 1.0, lambda u: np.sin(2 * np.pi * u[:, 0])),
    "kinks": Toy("|sin 3πx|", 1, 0.0, 1.0, lambda u: np.abs(np.sin(3 * np.pi * u[:, 0]))),
    "chirp": Toy(
        "sin 2π(½ + 3x/2)²", 1, 0.0, 1.0, lambda u: np.sin(2 * np.pi * (0.5 + 1.5 * u[:, 0]) ** 2)
    ),
    "waves": Toy("sin x + cos y", 2, 0.0, 2 * np.pi, lambda u: np.sin(u[:, 0]) + np.cos(u[:, 1])),
    "bell": Toy("exp(-x² - y²)", 2, -2.0, 2.0, lambda u: np.exp(-(u**2).sum(axis=1))),
    "product": Toy("x y", 2, -1.0, 1.0, lambda u: u[:, 0] * u[:, 1]),
}
