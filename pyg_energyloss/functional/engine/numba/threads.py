"""Run one kernel on several threads; the kernels release the interpreter lock."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import torch


@functools.lru_cache(maxsize=1)
def _pool(process: int, workers: int) -> ThreadPoolExecutor:
    """The pool of this process: a forked child must not wait for its parent's threads."""
    return ThreadPoolExecutor(workers, thread_name_prefix=f"energyloss-{process}")


def run(task: Callable[[int, int], None], threads: int) -> None:
    """Call ``task(thread, threads)`` for every thread and wait."""
    if threads == 1:
        task(0, 1)
        return
    pool = _pool(os.getpid(), torch.get_num_threads())
    waiting = [pool.submit(task, thread, threads) for thread in range(1, threads)]
    task(0, threads)
    for future in waiting:
        future.result()
