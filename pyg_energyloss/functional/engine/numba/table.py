"""The table of atoms of a sparse problem: a cache line each, moved four numbers at a time.

A row holds the predicted position and the graph, the true position, the difference of the two, and
the gradient, each in four columns. Importing this module needs numba.
"""

from __future__ import annotations

import contextlib
import functools
import mmap
from typing import Any

import numpy as np
import torch
from llvmlite import ir
from numba import types
from numba.extending import intrinsic
from torch import Tensor

from pyg_energyloss.functional.engine.numba.compiled import compile_kernel

#: Columns of a row, of a part of it, and where the parts and the graph are.
WIDTH, PART = 16, 4
GRAPH, REST, OFFSET, PULL = 3, 4, 8, 12
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


def _fill(node: Any, pos: Any, rest: Any, batch: Any) -> None:
    dim, known = pos.shape[1], batch.size > 0
    for i in range(pos.shape[0]):
        for axis in range(dim):
            there, ideal = pos[i, axis], rest[i, axis]
            node[i, axis] = there
            node[i, REST + axis] = ideal
            node[i, OFFSET + axis] = there - ideal
        if known:
            node[i, GRAPH] = batch[i]


def _read(tables: Any, factor: Any, gradient: Any) -> None:
    for table in range(tables.shape[0]):
        for i in range(gradient.shape[0]):
            for axis in range(gradient.shape[1]):
                gradient[i, axis] += factor[0] * tables[table, i, PULL + axis]


@functools.cache
def table_kernels(kind: Any) -> tuple[Any, Any]:
    """Return what fills a table from positions [n, dim ≤ 3] and graphs [n], and what reads it.

    The reader adds the gradients that lie in tables [copies, n, WIDTH], times a factor [1], to an
    array [n, dim].

    >>> _, read = table_kernels(np.float32)
    >>> gradient = np.zeros((1, 2), dtype=np.float32)
    >>> read(np.ones((2, 1, WIDTH), np.float32), np.array([0.5], np.float32), gradient)
    >>> gradient
    array([[1., 1.]], dtype=float32)
    """
    real = types.float32 if np.dtype(kind) == np.float32 else types.float64
    grid = real[:, ::1]
    fill = compile_kernel(_fill, types.void(grid, grid, grid, types.int64[::1]))
    return fill, compile_kernel(_read, types.void(real[:, :, ::1], real[::1], grid))


class _Rows:
    """The memory of an array [:, :] whose rows follow each other, for instructions on it."""

    def __init__(self, context: Any, build: Any, kind: Any, array: Any) -> None:
        self.build = build
        held = context.make_array(kind)(context, build, array)
        self.data, self.width = held.data, build.extract_value(held.shape, 1)
        self.real = ir.FloatType() if kind.dtype == types.float32 else ir.DoubleType()
        self.bytes = kind.dtype.bitwidth // 8

    def place(self, row: Any, column: Any) -> Any:
        """A pointer to a number."""
        start = self.build.mul(row, self.width)
        return self.build.gep(self.data, [self.build.add(start, column)])

    def load(self, row: Any, column: int) -> Any:
        """Four numbers from a column on, and a pointer to them."""
        first = self.place(row, _number(column))
        four = self.build.bitcast(first, ir.VectorType(self.real, PART).as_pointer())
        loaded = self.build.load(four)
        loaded.align = self.bytes
        return loaded, four

    def store(self, value: Any, four: Any) -> None:
        self.build.store(value, four).align = self.bytes


def _number(value: int, bits: int = 64) -> Any:
    return ir.Constant(ir.IntType(bits), value)


def _emit_differences(_context: Any, table: Any, head: Any, tail: Any, rows: Any, lane: Any) -> Any:
    """Write row `head` less row `tail` of a table, x, y, z of its first three parts, to a lane."""

    def generate(context: Any, build: Any, _signature: Any, values: Any) -> Any:
        nodes, out = (
            _Rows(context, build, kind, values[at]) for kind, at in ((table, 0), (rows, 3))
        )
        for part in range(3):
            there, here = (nodes.load(row, part * PART)[0] for row in values[1:3])
            apart = build.fsub(there, here)
            for axis in range(3):
                along = build.extract_element(apart, _number(axis, 32))
                build.store(along, out.place(_number(3 * part + axis), values[4]))
        return context.get_dummy_value()

    return types.none(table, head, tail, rows, lane), generate


differences: Any = intrinsic(_emit_differences)


def _emit_pull(  # noqa: PLR0917 - numba passes by position
    _context: Any, table: Any, head: Any, tail: Any, rows: Any, lane: Any, force: Any
) -> Any:
    """Add force times the first three rows of a lane to the gradient of a head; less for a tail."""

    def generate(context: Any, build: Any, _signature: Any, values: Any) -> Any:
        nodes, given = (
            _Rows(context, build, kind, values[at]) for kind, at in ((table, 0), (rows, 3))
        )
        step = ir.Constant(ir.VectorType(nodes.real, PART), [0.0] * PART)
        for axis in range(3):
            along = build.load(given.place(_number(axis), values[4]))
            step = build.insert_element(step, build.fmul(along, values[5]), _number(axis, 32))
        for row, change in ((values[1], build.fadd), (values[2], build.fsub)):
            before, four = nodes.load(row, PULL)
            nodes.store(change(before, step), four)
        return context.get_dummy_value()

    return types.none(table, head, tail, rows, lane, force), generate


pull: Any = intrinsic(_emit_pull)
