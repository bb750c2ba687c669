"""The CPU kernel of given edges: each undirected pair is visited once where both are stored.

Columns (i, j) with i < j are computed; meanwhile all columns are hashed, a column i > j with the
opposite sign. A sum of zero says that the two directions hold the same springs, whatever their
order, and then the result counts twice. Otherwise the columns i > j are computed as well.

Importing this module needs numba (extra `fast`).
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import types

from pyg_energyloss.functional.engine.numba.arithmetic import bits_of_float, exp, mix, prefetch
from pyg_energyloss.functional.engine.numba.compiled import compile_kernel

#: Springs that are gathered, then computed in vector registers, then scattered.
LANES = 64
#: Columns between the request for an atom's memory and its use.
AHEAD = 32


def work_rows(kind: Any) -> list[Any]:
    """Return the memory that a call of the kernel works in."""
    return [np.zeros((13, LANES), dtype=kind), np.zeros((3, LANES), dtype=np.int64)]


@functools.cache
def sparse_kernel(form: int, single: bool) -> Callable[..., None]:  # noqa: C901, PLR0915 - fused
    """Return the kernel of one stiffness form in float32, or float64, compiled once a machine.

    The kernel adds the springs of columns `begin` to `end` with i < j (or i > j if `lower`) to the
    energy of each graph and the gradient of the atoms, returns the signed hash of the columns in
    `check[0]`, and sets `check[1]` where an index is outside the atoms.
    """

    def kernel(  # noqa: C901, PLR0912, PLR0915, PLR0917 - fused; numba passes by position
        node: Any,
        dim: int,
        source: Any,
        target: Any,
        weight: Any,
        shift: Any,
        batch: Any,
        strength: Any,
        parameter: float,
        unit: Any,
        constants: Any,
        row: Any,
        ends: Any,
        lower: bool,
        begin: int,
        end: int,
        energy: Any,
        check: Any,
    ) -> None:
        zero, one, half, tiny = constants[0], constants[1], constants[4], constants[3]
        nodes = np.uint64(node.shape[0])
        weighted, shifted, many = weight.size > 0, shift.size > 0, batch.size > 0
        tails, heads, graphs = ends[0], ends[1], ends[2]
        total = np.uint64(0)
        filled = 0
        for column in range(begin, end):
            i, j = source[column], target[column]
            later = column + AHEAD if column + AHEAD < end else end - 1
            tail_later, head_later = source[later], target[later]
            prefetch(node, head_later if (tail_later < head_later) != lower else tail_later)
            if np.uint64(i) >= nodes or np.uint64(j) >= nodes:
                check[1] = 1
                return
            ascending = i < j
            if not lower and i != j:
                low, high = (i, j) if ascending else (j, i)
                key = mix(np.uint64(0), np.uint64(low) * nodes + np.uint64(high))
                if weighted:
                    key = mix(key, np.uint64(bits_of_float(weight[column])))
                if shifted:
                    for axis in range(dim):
                        along = shift[column, axis]
                        along = along if ascending else -along
                        bits = bits_of_float(along) if along != zero else 0
                        key = mix(key, np.uint64(bits))
                total += key if ascending else np.uint64(0) - key
            if i != j and ascending != lower:
                tail, head = node[i], node[j]
                for axis in range(3):
                    row[axis, filled] = head[axis] - tail[axis]
                    row[3 + axis, filled] = head[3 + axis] - tail[3 + axis]
                    row[6 + axis, filled] = head[9 + axis] - tail[9 + axis]
                if shifted:
                    for axis in range(dim):
                        row[axis, filled] += shift[column, axis]
                        row[3 + axis, filled] += shift[column, axis]
                graph = batch[i] if many else 0
                k = strength[graph]
                row[9, filled] = k * weight[column] if weighted else k
                row[10, filled] = unit[graph]
                heads[filled], tails[filled], graphs[filled] = j, i, graph
                filled += 1
            if filled == LANES or (column == end - 1 and filled > 0):
                for lane in range(LANES):
                    dx, dy, dz = row[0, lane], row[1, lane], row[2, lane]
                    du, dv, dw = row[3, lane], row[4, lane], row[5, lane]
                    squared = dx * dx + dy * dy + dz * dz
                    rest_squared = du * du + dv * dv + dw * dw
                    inverse = one / np.sqrt(max(squared, tiny))
                    length = np.sqrt(rest_squared)
                    product = row[6, lane] * (dx + du) + row[7, lane] * (dy + dv)
                    product += row[8, lane] * (dz + dw)
                    stretch = product / max(squared * inverse + length, tiny)
                    true = length * row[10, lane]
                    k = row[9, lane]
                    if form == 2:  # noqa: PLR2004 - Form.INVERSE; resolved at compilation
                        k = k / (true + parameter)
                    elif form == 3:  # noqa: PLR2004 - Form.INVERSE_SQUARE
                        k = k / (true * true + parameter)
                    elif form == 4:  # noqa: PLR2004 - Form.EXPONENTIAL
                        k = k * exp(-parameter * true)
                    force = k * stretch
                    row[11, lane] = half * force * stretch
                    row[12, lane] = force * inverse
                for lane in range(filled):
                    energy[graphs[lane]] += row[11, lane]
                    tail, head = node[tails[lane]], node[heads[lane]]
                    for axis in range(3):
                        force = row[12, lane] * row[axis, lane]
                        head[6 + axis] += force
                        tail[6 + axis] -= force
                filled = 0
        check[0] += total

    real, integers = types.float32 if single else types.float64, types.int64[::1]
    row, table = real[::1], real[:, ::1]
    given = (table, types.int64, integers, integers, row, table, integers, row, real, row, row)
    work = (table, types.int64[:, ::1])
    part = (types.boolean, types.int64, types.int64)
    return compile_kernel(
        kernel, types.void(*given, *work, *part, types.float64[::1], types.uint64[::1])
    )
