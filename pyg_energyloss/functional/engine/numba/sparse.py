"""The CPU kernel of given edges: each undirected pair is visited once where both are stored.

Columns (i, j) with i < j are computed; meanwhile all columns are hashed, a column i > j with the
opposite sign. A sum of zero says that the two directions hold the same springs, whatever their
order, and then the result counts twice. Otherwise the columns i > j are computed as well.

Importing this module needs numba.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import types

from pyg_energyloss.functional.engine.numba.arithmetic import bits_of_float, mix, prefetch
from pyg_energyloss.functional.engine.numba.compiled import compile_kernel
from pyg_energyloss.functional.engine.numba.formulas import REACH, law, loaded, well
from pyg_energyloss.functional.engine.numba.table import GRAPH, differences, pull

#: Springs that are gathered, then computed in vector registers, then scattered.
LANES = 64
#: Columns between the request for an atom's memory and its use.
AHEAD = 32
#: Shapes of the memory that a call of the kernel works in: numbers (differences of predicted and
#: true position and of the difference of these, strength, energy, force), and integers (the two
#: atoms, the graph).
ROWS, ENDS = (12, LANES), (3, LANES)
#: What the kernel finds wrong.
NO_SUCH_ATOM, TWO_GRAPHS = 1, 2


@functools.cache
def sparse_kernel(  # noqa: C901, PLR0915 - fused
    form: int, shape: int, single: bool, cut: bool
) -> Callable[..., None]:
    """Return the kernel of one stiffness form and potential, compiled once a machine.

    The kernel adds the springs of columns `begin` to `end` with i < j (or i > j if `lower`) to the
    energy of each graph and the gradient of the atoms, returns the signed hash of the columns in
    `check[0]`, says in `check[1]` if an index is outside the atoms or a column joins two graphs,
    and counts the columns i > j in `check[2]`. The graphs in the table of atoms must be inside
    `energy`.
    """

    def kernel(  # noqa: C901, PLR0912, PLR0915, PLR0917 - fused; numba passes by position
        node: Any,
        dim: int,
        source: Any,
        target: Any,
        weight: Any,
        shift: Any,
        strength: Any,
        numbers: Any,
        constants: Any,
        row: Any,
        ends: Any,
        lower: bool,
        begin: int,
        end: int,
        energy: Any,
        check: Any,
    ) -> None:
        zero, one, tiny, half = constants[0], constants[1], constants[3], constants[4]
        known = loaded(numbers)
        reach = known[REACH]
        nodes = np.uint64(node.shape[0])
        weighted, shifted = weight.size > 0, shift.size > 0
        tails, heads, graphs = ends[0], ends[1], ends[2]
        total, descending = np.uint64(0), np.uint64(0)
        filled = 0
        for column in range(begin, end):
            i, j = source[column], target[column]
            later = column + AHEAD if column + AHEAD < end else end - 1
            tail_later, head_later = source[later], target[later]
            if (tail_later < head_later) != lower:
                prefetch(node, tail_later)
                prefetch(node, head_later)
            if np.uint64(i) >= nodes or np.uint64(j) >= nodes:
                check[1] = NO_SUCH_ATOM
                return
            ascending = i < j
            descending += np.uint64(i > j)
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
                graph = np.int64(node[i, GRAPH])
                if node[i, GRAPH] != node[j, GRAPH]:
                    check[1] = TWO_GRAPHS
                    return
                differences(node, j, i, row, filled)
                if shifted:
                    for axis in range(dim):
                        row[axis, filled] += shift[column, axis]
                        row[3 + axis, filled] += shift[column, axis]
                k = strength[graph]
                row[9, filled] = k * weight[column] if weighted else k
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
                    k = law(form, row[9, lane], length, known)
                    if cut:
                        k = k if rest_squared < reach else zero
                    twice, tension = well(shape, k, stretch, known)
                    row[10, lane] = half * twice
                    row[11, lane] = tension * inverse
                graph, part = graphs[0], np.float64(0.0)
                for lane in range(filled):
                    if graphs[lane] != graph:
                        energy[graph] += part
                        graph, part = graphs[lane], np.float64(0.0)
                    part += row[10, lane]
                    pull(node, heads[lane], tails[lane], row, lane, row[11, lane])
                energy[graph] += part
                filled = 0
        check[0] += total
        check[2] += descending

    real, integers = types.float32 if single else types.float64, types.int64[::1]
    row, grid = real[::1], real[:, ::1]
    given = (grid, types.int64, integers, integers, row, grid, row, row, row)
    work = (grid, types.int64[:, ::1])
    part = (types.boolean, types.int64, types.int64)
    return compile_kernel(
        kernel, types.void(*given, *work, *part, types.float64[::1], types.uint64[::1])
    )
