"""Batches and random numbers of a step that depend on the seed and the step alone.

So a run that was killed and resumed sees what an uninterrupted one would have seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import IterableDataset

#: Processes of a distributed run draw from streams this far apart.
RANK_STRIDE = 2**20


def mixed_seed(seed: int, stream: int) -> int:
    """One seed of 32 bits from two numbers; torch's CPU generator reads no more bits of a seed.

    >>> mixed_seed(0, 1) == mixed_seed(1, 0)
    False
    """
    return int(np.random.SeedSequence([seed, stream]).generate_state(1)[0])


class Loader(Protocol):
    """An endless shuffled stream of batches, which can be entered anywhere."""

    def stream(self, start: int = 0) -> Iterator[Any]:
        """Batches ``start``, ``start + 1``, ...; each depends on a seed and its number alone."""
        ...


class IndexLoader:
    """Shuffled passes over anything that makes a batch of rows.

    Args:
        size: Number of rows.
        batch_of: Rows [batch_size] -> batch.
        batch_size: Rows of a batch; incomplete batches are left out.
        seed: Of the order.

    >>> stream = IndexLoader(3, torch.Tensor.tolist, batch_size=3, seed=0).stream()
    >>> sorted(next(stream))
    [0, 1, 2]
    """

    def __init__(
        self, size: int, batch_of: Callable[[Tensor], Any], *, batch_size: int, seed: int
    ) -> None:
        self.size, self.batch_of, self.seed = size, batch_of, seed
        self.batch_size = min(batch_size, size)

    def stream(self, start: int = 0) -> Iterator[Any]:
        """Batches without end, pass after pass, each pass in an order of its own."""
        number, skip = divmod(start, self.size // self.batch_size)
        while True:
            generator = torch.Generator().manual_seed(mixed_seed(self.seed, number))
            order = torch.randperm(self.size, generator=generator)
            parts = order.split(self.batch_size)[: self.size // self.batch_size]
            for rows in parts[skip:]:
                yield self.batch_of(rows)
            number, skip = number + 1, 0


class StepStream(IterableDataset[Any]):
    """The batches of the steps from ``start`` on, for PyTorch's loader.

    Args:
        loader: Of the training data.
        start: Number of the first batch.
        stride: Every so many batches are taken, the others are for other processes.
    """

    def __init__(self, loader: Loader, *, start: int = 0, stride: int = 1) -> None:
        super().__init__()
        self.loader, self.start, self.stride = loader, start, stride

    def __iter__(self) -> Iterator[Any]:
        return islice(self.loader.stream(self.start), 0, None, self.stride)
