"""Random spin systems with their exact ground states, on all cores."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from pyg_energyloss.spins.dataset import SpinSystems
from pyg_energyloss.spins.ground_state import lowest_spins
from pyg_energyloss.spins.lattice import lattice_shape, square_lattice

#: Systems per task; the random numbers of a task depend on its number and the seed alone.
CHUNK = 50

#: Spins that are solved sooner than processes start, which import torch; tori take longer.
FEW = {False: 200_000, True: 10_000}

_Solved = tuple[NDArray[np.float32], NDArray[np.int8], NDArray[np.float64]]


def generate_systems(
    count: int,
    size: int | tuple[int, int],
    *,
    periodic: bool = False,
    seed: int = 0,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> SpinSystems:
    """Draw couplings uniform in [-1, 1] and find the exact ground state of each system.

    The result depends on ``seed`` and not on ``workers``. Couplings are multiples of 2^-23, so that
    float32 holds them exactly and the matching needs no rounding.

    Args:
        count: number of systems.
        size: rows and columns of the lattice.
        periodic: join the last row and column to the first.
        seed: of the random numbers.
        workers: processes; 0: this process; None: one per core, or this one where there are few.
        progress: called with (systems done, count) as they get done.

    Raises:
        ValueError: ``count`` or ``size`` is out of range.
        ImportError: PyMatching is not installed.

    Example:
        >>> systems = generate_systems(2, 3, workers=0)
        >>> systems.coupling.shape, systems.spins.shape
        (torch.Size([2, 12]), torch.Size([2, 9]))
    """
    if count < 1:
        raise ValueError(f"`count` must be positive, got {count}")
    shape = lattice_shape(size)
    square_lattice(shape, periodic=periodic)
    tasks = [
        (shape, periodic, seed, number, min(CHUNK, count - start))
        for number, start in enumerate(range(0, count, CHUNK))
    ]
    if workers is None:
        few = count * shape[0] * shape[1] <= FEW[periodic]
        workers = 0 if few else os.cpu_count() or 1
    solved: dict[int, _Solved] = {}
    done = 0
    for number, part in _run(tasks, workers):
        solved[number] = part
        done += len(part[2])
        if progress is not None:
            progress(done, count)
    coupling, spins, energy = (
        torch.from_numpy(np.concatenate([solved[k][i] for k in range(len(tasks))]))
        for i in range(3)
    )
    return SpinSystems(shape, periodic, coupling, spins, energy, seed)


def _run(tasks: list[Any], workers: int) -> Iterator[tuple[int, _Solved]]:
    if workers == 0 or len(tasks) == 1:
        for number, task in enumerate(tasks):
            yield number, solve_chunk(*task)
        return
    # Forking a process that holds torch's threads may deadlock; a fresh interpreter may not.
    context = multiprocessing.get_context("spawn")
    # Ctrl-C goes to the whole terminal group; the parent decides what ends. The initializer is the
    # standard library's own function, so that it runs before a worker imports anything large.
    pool = ProcessPoolExecutor(
        min(workers, len(tasks)),
        mp_context=context,
        initializer=signal.signal,
        initargs=(signal.SIGINT, signal.SIG_IGN),
    )
    try:
        futures = {
            pool.submit(_solve_in_worker, *task): number for number, task in enumerate(tasks)
        }
        for future in as_completed(futures):
            yield futures[future], future.result()
    finally:
        pool.shutdown(cancel_futures=True)


def solve_chunk(
    shape: tuple[int, int], periodic: bool, seed: int, number: int, count: int
) -> _Solved:
    """Draw and solve one chunk."""
    bonds = np.ascontiguousarray(square_lattice(shape, periodic=periodic).T.numpy())
    random = np.random.default_rng(np.random.SeedSequence([seed, number]))
    grid = random.integers(-(2**23), 2**23, size=(count, len(bonds)), endpoint=True)
    coupling = (grid / 2**23).astype(np.float32)
    spins = np.empty((count, shape[0] * shape[1]), dtype=np.int8)
    energy = np.empty(count)
    for k in range(count):
        spins[k], energy[k] = lowest_spins(bonds, coupling[k].astype(np.float64), spins.shape[1])
    return coupling, spins, energy


def _solve_in_worker(*task: Any) -> _Solved:
    torch.set_num_threads(1)
    return solve_chunk(*task)
