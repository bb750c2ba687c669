"""What is to be learned: points and values to train on and to test on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pyg_energyloss_springs.app.functions import TOYS
from pyg_energyloss_springs.app.table import Table

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Problem:
    """A regression task, values [num_points, num_outputs] measured from the mean of the training.

    Attributes:
        name: of the task.
        features: names of the inputs.
        target: names of the outputs.
        train: points and values to learn from.
        test: points and values to be judged by.
    """

    name: str
    features: tuple[str, ...]
    target: tuple[str, ...]
    train: tuple[Array, Array]
    test: tuple[Array, Array]

    @property
    def dim(self) -> int:
        """Number of features."""
        return len(self.features)

    def told(self) -> str:
        """What is learned from what, and from how much, in words."""
        names = f"{', '.join(self.target)} from {', '.join(self.features)}"
        return f"{names}; {len(self.train[0])} training and {len(self.test[0])} test points"

    def box(self) -> tuple[Array, Array]:
        """Lowest and highest training point; features that do not vary are widened."""
        low, high = self.train[0].min(axis=0), self.train[0].max(axis=0)
        pad = np.where(high > low, 0.0, 0.5 * np.maximum(1.0, abs(low)))
        return low - pad, high + pad

    def tensors(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Training points and values, test points and values, float64."""
        return (
            torch.from_numpy(self.train[0]),
            torch.from_numpy(self.train[1]),
            torch.from_numpy(self.test[0]),
            torch.from_numpy(self.test[1]),
        )


def toy_problem(name: str, *, points: int, noise: float, seed: int) -> Problem:
    """Sample a toy function; the test set has 1000 points, with the same noise."""
    toy = TOYS[name]
    rng = np.random.default_rng(seed)
    inputs, values = toy.sample(points + 1000, noise, rng)
    return _split(name, (("x", "y")[: toy.dim], ("f",), inputs, values[:, None]), points)


def table_problem(name: str, table: Table, *, seed: int) -> Problem:
    """Shuffle the rows of a table, test on a quarter of them."""
    features, target, inputs, values = table
    order = np.random.default_rng(seed).permutation(len(inputs))
    shuffled = (features, target, inputs[order], values[order])
    return _split(name, shuffled, len(inputs) - len(inputs) // 4)


def _split(name: str, table: Table, train: int) -> Problem:
    features, target, inputs, values = table
    values = values - values[:train].mean(axis=0)
    return Problem(
        name,
        tuple(features),
        tuple(target),
        (inputs[:train], values[:train]),
        (inputs[train:], values[train:]),
    )
