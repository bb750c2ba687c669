"""The CPU kernel of many predictions of one target: what the target says is computed once.

The samples of an atom lie side by side, so that a pair is one loop over samples; distance,
stiffness and cutoff of the pair come before it. Importing this module needs numba.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import types
from numpy.typing import NDArray

from pyg_energyloss.functional.engine.numba.compiled import compile_kernel
from pyg_energyloss.functional.engine.numba.formulas import REACH, STRENGTH, law, loaded, well

#: Samples that are computed together: few, or as many as AlphaFold 3 draws.
FEW, MANY = 16, 48
#: Rows of an atom: predicted position (3) and its difference from the true one (3).
ROWS = 6


def lanes_for(samples: int) -> int:
    """Return how many samples are to be computed together.

    >>> lanes_for(5), lanes_for(100)
    (16, 48)
    """
    return FEW if samples <= FEW else MANY


@functools.cache
def samples_kernel(  # noqa: C901 - fused
    form: int, shape: int, single: bool, lanes: int
) -> Callable[..., None]:
    """Return the kernel of one stiffness form and potential, compiled once a machine.

    It gets the samples [chunks, n, ROWS * lanes], true positions [n, 3], segments `ptr`, weights of
    the atoms [n], a factor for each pair of kinds and the kinds [n], the parameters of law and
    potential, strength and the squared cutoff; it writes energies [chunks, graphs, lanes] and
    gradients [chunks, n, 3 * lanes].
    """
    r1, r2, r3, r4, r5 = (number * lanes for number in range(1, ROWS))

    def kernel(  # noqa: PLR0917 - numba passes by position
        table: Any,
        rest: Any,
        ptr: Any,
        weight: Any,
        factor: Any,
        kind: Any,
        numbers: Any,
        constants: Any,
        row_energy: Any,
        force: Any,
        energy: Any,
        gradient: Any,
    ) -> None:
        zero, one, two, tiny = constants[0], constants[1], constants[2], constants[3]
        known = loaded(numbers)
        reach, strength = known[REACH], known[STRENGTH]
        for graph in range(ptr.size - 1):
            for i in range(ptr[graph], ptr[graph + 1]):
                row_energy[:] = zero
                for j in range(i + 1, ptr[graph + 1]):
                    du, dv = rest[i, 0] - rest[j, 0], rest[i, 1] - rest[j, 1]
                    dw = rest[i, 2] - rest[j, 2]
                    squared_rest = du * du + dv * dv + dw * dw
                    share = strength * weight[i] * weight[j] * factor[kind[i], kind[j]]
                    if share == zero or squared_rest >= reach:
                        continue
                    length = np.sqrt(squared_rest)
                    k = law(form, share, length, known)
                    for chunk in range(table.shape[0]):
                        a, b = table[chunk, i], table[chunk, j]
                        out = row_energy[chunk * lanes : (chunk + 1) * lanes]
                        for s in range(lanes):
                            dx, dy = a[s] - b[s], a[r1 + s] - b[r1 + s]
                            dz = a[r2 + s] - b[r2 + s]
                            squared = dx * dx + dy * dy + dz * dz
                            inverse = one / np.sqrt(max(squared, tiny))
                            product = (a[r3 + s] - b[r3 + s]) * (dx + du)
                            product += (a[r4 + s] - b[r4 + s]) * (dy + dv)
                            product += (a[r5 + s] - b[r5 + s]) * (dz + dw)
                            stretch = product / max(squared * inverse + length, tiny)
                            twice, tension = well(shape, k, stretch, known)
                            out[s] += twice
                            pull = two * tension * inverse
                            force[s] = pull * dx
                            force[r1 + s] = pull * dy
                            force[r2 + s] = pull * dz
                        here, there = gradient[chunk, i], gradient[chunk, j]
                        for s in range(3 * lanes):
                            here[s] += force[s]
                            there[s] -= force[s]
                for chunk in range(table.shape[0]):
                    for s in range(lanes):
                        energy[chunk, graph, s] += row_energy[chunk * lanes + s]

    real = types.float32 if single else types.float64
    line, grid, cube = real[::1], real[:, ::1], real[:, :, ::1]
    given = (cube, grid, types.int64[::1], line, grid, types.int64[::1], line, line)
    return compile_kernel(kernel, types.void(*given, line, line, types.float64[:, :, ::1], cube))


def chunked(values: NDArray[Any], lanes: int) -> NDArray[Any]:
    """Return rows of samples [rows, samples, n] as [chunks, n, rows * lanes], zeros at the end.

    >>> chunked(np.ones((6, 5, 2)), 16).shape
    (1, 2, 96)
    """
    rows, samples, nodes = values.shape
    chunks = -(-samples // lanes)
    full = np.zeros((rows, chunks * lanes, nodes), dtype=values.dtype)
    full[:, :samples] = values
    beside = full.reshape(rows, chunks, lanes, nodes).transpose(1, 3, 0, 2)
    return np.ascontiguousarray(beside).reshape(chunks, nodes, rows * lanes)


def apart(table: NDArray[Any], rows: int, samples: int, lanes: int) -> NDArray[Any]:
    """Return [samples, n, rows] of what `chunked` made."""
    chunks, nodes, _ = table.shape
    single = table.reshape(chunks, nodes, rows, lanes).transpose(0, 3, 1, 2)
    return np.ascontiguousarray(single.reshape(chunks * lanes, nodes, rows)[:samples])
