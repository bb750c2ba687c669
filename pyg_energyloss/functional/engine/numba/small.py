"""The CPU kernel of batches of small complete graphs: each pair of atoms visited once.

An atom i meets i + 1, then i + 2, up to half way around its graph, all atoms of a graph at once in
vector registers; the rows of a graph are continued periodically. Half way around an even graph
every pair meets twice, and takes half.

Importing this module needs numba (extra `fast`).
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import types

from pyg_energyloss.functional.engine.numba.arithmetic import exp
from pyg_energyloss.functional.engine.numba.compiled import compile_kernel

#: The largest graph of this kernel.
SMALL = 64
#: Loops over atoms end at a multiple of this, which vector registers divide.
STEP = 8
#: Length of a row: the largest graph and what its atoms meet.
WIDTH = 2 * SMALL
#: Rows of memory: positions (6) and offset (3), then strength (1) and gradient (3) of the atoms i
#: and gradient (3) of the atoms i + s. Each is a view of its own, so that loops vectorise.
ROWS, OWN, OTHER = 9, 4, 3
W1, W2, W3, W4, W5, W6, W7, W8 = (WIDTH * number for number in range(1, ROWS))


def work_rows(kind: Any) -> list[Any]:
    """Return the memory that a call of the kernel works in; axes that are not used are zero."""
    memory = np.zeros((ROWS + OWN + OTHER) * WIDTH, dtype=kind)
    return [memory[: ROWS * WIDTH], memory[ROWS * WIDTH : -OTHER * WIDTH], memory[-OTHER * WIDTH :]]


@functools.cache
def small_kernel(form: int, single: bool, dim: int) -> Callable[..., None]:  # noqa: C901, PLR0915
    """Return the kernel of one stiffness form in float32, or float64, compiled once a machine.

    The kernel gets positions [n, dim ≤ 3] and rest positions, segments `ptr`, strength (by
    graph) and parameter of the law, unit of length (by graph); it writes the energy of
    each graph and the gradient of the atoms for graphs `begin` to `end`.
    """

    def kernel(  # noqa: C901, PLR0912, PLR0917 - fused; numba passes by position
        pos: Any,
        rest: Any,
        ptr: Any,
        strength: Any,
        parameter: float,
        unit: Any,
        constants: Any,
        row: Any,
        own: Any,
        other: Any,
        begin: int,
        end: int,
        energy: Any,
        gradient: Any,
    ) -> None:
        zero, one, two, tiny = constants[0], constants[1], constants[2], constants[3]
        half = constants[4]
        for graph in range(begin, end):
            low, size, metre = ptr[graph], ptr[graph + 1] - ptr[graph], unit[graph]
            width = (size + STEP - 1) // STEP * STEP
            atom = low
            for i in range(width + size // 2):
                for axis in range(dim):
                    there, ideal = pos[atom, axis], rest[atom, axis]
                    row[axis * WIDTH + i] = there
                    row[(3 + axis) * WIDTH + i] = ideal
                    row[(6 + axis) * WIDTH + i] = there - ideal
                atom = low if atom + 1 == ptr[graph + 1] else atom + 1
            for i in range(width):  # the lanes behind the last atom have no springs
                own[i] = strength[graph] if i < size else zero
            for i in range(WIDTH, OWN * WIDTH):
                own[i] = 0
            for i in range(OTHER * WIDTH):
                other[i] = 0
            total = zero
            for step in range(1, size // 2 + 1):
                share = half if 2 * step == size else one
                ahead, gain = row[step:], other[step:]
                for i in range(width):
                    dx, dy = row[i] - ahead[i], row[W1 + i] - ahead[W1 + i]
                    dz, du = row[W2 + i] - ahead[W2 + i], row[W3 + i] - ahead[W3 + i]
                    dv, dw = row[W4 + i] - ahead[W4 + i], row[W5 + i] - ahead[W5 + i]
                    squared = dx * dx + dy * dy + dz * dz
                    rest_squared = du * du + dv * dv + dw * dw
                    inverse = one / np.sqrt(max(squared, tiny))
                    length = np.sqrt(rest_squared)
                    product = (row[W6 + i] - ahead[W6 + i]) * (dx + du)
                    product += (row[W7 + i] - ahead[W7 + i]) * (dy + dv)
                    product += (row[W8 + i] - ahead[W8 + i]) * (dz + dw)
                    stretch = product / max(squared * inverse + length, tiny)
                    true = length * metre
                    k = own[i] * share
                    if form == 2:  # noqa: PLR2004 - Form.INVERSE; resolved at compilation
                        k = k / (true + parameter)
                    elif form == 3:  # noqa: PLR2004 - Form.INVERSE_SQUARE
                        k = k / (true * true + parameter)
                    elif form == 4:  # noqa: PLR2004 - Form.EXPONENTIAL
                        k = k * exp(-parameter * true)
                    force = k * stretch
                    total += force * stretch
                    force = force * inverse
                    own[W1 + i] += force * dx
                    own[W2 + i] += force * dy
                    own[W3 + i] += force * dz
                    gain[i] -= force * dx
                    gain[W1 + i] -= force * dy
                    gain[W2 + i] -= force * dz
            energy[graph] = total
            for i in range(size):
                for axis in range(dim):
                    pull = other[axis * WIDTH + i] + other[axis * WIDTH + i + size]
                    gradient[low + i, axis] = two * (own[(1 + axis) * WIDTH + i] + pull)

    real = types.float32 if single else types.float64
    line, table = real[::1], real[:, ::1]
    given = (table, table, types.int64[::1], line, real, line, line, line, line, line)
    written = (types.float64[::1], table)
    return compile_kernel(kernel, types.void(*given, types.int64, types.int64, *written))
