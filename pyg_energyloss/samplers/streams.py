"""Reproducible random streams that never advance a global generator."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import count

import numpy as np
import torch
from torch.utils.data import get_worker_info

#: Words of the current `repeatable` block, and a number that no other block has.
_block: ContextVar[tuple[tuple[int, ...], int] | None] = ContextVar("block", default=None)
_blocks = count()


@contextmanager
def repeatable(*words: int) -> Iterator[None]:
    """Within the block, random numbers depend on ``words`` alone; afterwards all is as before.

    Holds for the streams of this module and for what transforms of PyG and others draw from the
    global generators of torch (CPU), numpy and ``random``.

    >>> stream = NumpyStream(None)
    >>> def draw():
    ...     with repeatable(1, 2):
    ...         return float(stream.generator().random())
    >>> draw() == draw()
    True
    """
    seed = int(np.random.SeedSequence(words).generate_state(1)[0])
    before = random.getstate(), np.random.get_state()  # noqa: NPY002 - what others draw from
    token = _block.set((words, next(_blocks)))
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            random.seed(seed)
            np.random.seed(seed)  # noqa: NPY002
            yield
    finally:
        _block.reset(token)
        random.setstate(before[0])
        np.random.set_state(before[1])  # noqa: NPY002


def _key(seed: int | None) -> tuple[int, ...]:
    # A worker is forked anew each epoch with the parent's state; its own seed, which the loader
    # draws per epoch and worker, is what makes epochs and workers differ.
    worker = get_worker_info()
    block = _block.get()
    if block is not None:
        words = block[0] if seed is None else (seed, *block[0])
        return words if worker is None else (*words, worker.seed)
    if seed is None:
        return (torch.initial_seed() if worker is None else worker.seed,)
    return (seed,) if worker is None else (seed, worker.seed)


class NumpyStream:
    """A numpy generator per process or loader worker, made when first asked for.

    Args:
        seed: None takes that of ``torch.manual_seed``; another seed there begins anew. In a loader
            worker the worker's seed, drawn by the loader from its ``generator``, is mixed in, so
            that workers and epochs differ and a seeded loader repeats.
    """

    def __init__(self, seed: int | None) -> None:
        self.seed = seed
        self._made: tuple[object, np.random.Generator] | None = None

    def generator(self) -> np.random.Generator:
        """The stream of this process or worker; it goes on where it was."""
        key = _key(self.seed)
        place = key, _block.get()
        if self._made is None or self._made[0] != place:
            words = [k & 0xFFFFFFFFFFFFFFFF for k in key]
            self._made = (place, np.random.default_rng(words))
        return self._made[1]

    def restart(self) -> None:
        """Begin anew at the next draw."""
        self._made = None


class TorchStream:
    """A torch generator per device, made when first asked for; seeded as `NumpyStream`."""

    def __init__(self, seed: int | None) -> None:
        self.seed = seed
        self._place: object = None
        self._made: dict[torch.device, torch.Generator] = {}

    def generator(self, device: torch.device) -> torch.Generator:
        """The stream of a device; it goes on where it was."""
        key = _key(self.seed)
        place = key, _block.get()
        if place != self._place:
            self._place, self._made = place, {}
        if device not in self._made:
            word = np.random.SeedSequence([k & 0xFFFFFFFFFFFFFFFF for k in key])
            state = int(word.generate_state(1, np.uint64)[0]) >> 1
            self._made[device] = torch.Generator(device=device).manual_seed(state)
        return self._made[device]

    def restart(self) -> None:
        """Begin anew at the next draw."""
        self._key, self._made = None, {}

    def __getstate__(self) -> dict[str, object]:
        """Generators do not pickle; a copy starts its stream afresh."""
        return {"seed": self.seed, "_place": None, "_made": {}}
