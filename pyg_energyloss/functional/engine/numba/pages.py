"""Memory for tables that are visited at random: aligned rows, in large pages where there are."""

from __future__ import annotations

import contextlib
import mmap

import torch
from torch import Tensor

#: Bytes of a cache line, and of a large page of x86 and most ARM systems.
LINE, PAGE = 64, 1 << 21


def aligned_zeros(rows: int, width: int, dtype: torch.dtype) -> Tensor:
    """Return zeros [rows, width] that start at a cache line.

    A table of many pages asks the system (Linux) for large ones: visiting a row at random then
    costs no walk through the page table, which takes longer than the visit.

    >>> aligned_zeros(2, 16, torch.float32).data_ptr() % 64
    0
    """
    size = dtype.itemsize
    wanted = rows * width * size
    large = wanted >= 2 * PAGE and hasattr(mmap, "MADV_HUGEPAGE")
    boundary = PAGE if large else LINE
    if large:
        memory = mmap.mmap(-1, wanted + boundary, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        with contextlib.suppress(OSError):  # a kernel without large pages
            memory.madvise(mmap.MADV_HUGEPAGE)
        buffer = torch.frombuffer(memory, dtype=dtype)
    else:
        buffer = torch.zeros((wanted + boundary) // size, dtype=dtype)
    skip = -buffer.data_ptr() % boundary // size
    return buffer[skip : skip + rows * width].view(rows, width)
