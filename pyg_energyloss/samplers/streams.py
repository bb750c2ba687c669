"""Reproducible random streams that never advance a global generator."""

from __future__ import annotations

import numpy as np
import torch
from torch.utils.data import get_worker_info


def _key(seed: int | None) -> tuple[int, ...]:
    # A worker is forked anew each epoch with the parent's state; its own seed, which the loader
    # draws per epoch and worker, is what makes epochs and workers differ.
    worker = get_worker_info()
    if seed is None:
        return (torch.initial_seed() if worker is None else worker.seed,)
    return (seed,) if worker is None else (seed, worker.seed)


class NumpyStream:
    """A numpy generator per process or loader worker, made when first asked for.

    Args:
        seed: None follows ``torch.manual_seed``. In a loader worker the worker's seed, drawn by the
            loader from its ``generator``, is mixed in, so that workers and epochs differ and a
            seeded loader repeats.
    """

    def __init__(self, seed: int | None) -> None:
        self.seed = seed
        self._made: tuple[tuple[int, ...], np.random.Generator] | None = None

    def generator(self) -> np.random.Generator:
        """The stream of this process or worker; it goes on where it was."""
        key = _key(self.seed)
        if self._made is None or self._made[0] != key:
            words = [k & 0xFFFFFFFFFFFFFFFF for k in key]
            self._made = (key, np.random.default_rng(words))
        return self._made[1]


class TorchStream:
    """A torch generator per device, made when first asked for; seeded as `NumpyStream`."""

    def __init__(self, seed: int | None) -> None:
        self.seed = seed
        self._key: tuple[int, ...] | None = None
        self._made: dict[torch.device, torch.Generator] = {}

    def generator(self, device: torch.device) -> torch.Generator:
        """The stream of a device; it goes on where it was."""
        key = _key(self.seed)
        if key != self._key:
            self._key, self._made = key, {}
        if device not in self._made:
            word = np.random.SeedSequence([k & 0xFFFFFFFFFFFFFFFF for k in key])
            state = int(word.generate_state(1, np.uint64)[0]) >> 1
            self._made[device] = torch.Generator(device=device).manual_seed(state)
        return self._made[device]

    def __getstate__(self) -> dict[str, object]:
        """Generators do not pickle; a copy starts its stream afresh."""
        return {"seed": self.seed, "_key": None, "_made": {}}
