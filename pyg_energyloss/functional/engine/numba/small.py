"""The CPU kernel of batches of small complete graphs: each pair of atoms visited once.

An atom i meets i + 1, then i + 2, up to half way around its graph, all atoms of a graph at once in
vector registers; the rows of a graph are continued periodically. Half way around an even graph
every pair meets twice, and takes half.

Importing this module needs numba.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import types

from pyg_energyloss.functional.engine.numba.compiled import compile_kernel
from pyg_energyloss.functional.engine.numba.formulas import REACH, law, loaded, well

#: The largest graph of this kernel.
SMALL = 64
#: Loops over atoms end at a multiple of this, which vector registers divide.
STEP = 8
#: Length of a row: the largest graph and what its atoms meet.
WIDTH = 2 * SMALL
#: Rows of memory: positions (6) and offset (3), then strength (1), gradient (3) and strength of the
#: present step (1) of the atoms i, and gradient (3) of the atoms i + s. Each is a view of its own,
#: so that loops vectorise.
ROWS, OWN, OTHER = 9, 5, 3
W1, W2, W3, W4, W5, W6, W7, W8 = (WIDTH * number for number in range(1, ROWS))


def work_rows(kind: Any) -> list[Any]:
    """Return the memory that a call of the kernel works in; axes that are not used are zero."""
    memory = np.zeros((ROWS + OWN + OTHER) * WIDTH, dtype=kind)
    return [memory[: ROWS * WIDTH], memory[ROWS * WIDTH : -OTHER * WIDTH], memory[-OTHER * WIDTH :]]


@functools.cache
def small_kernel(  # noqa: C901, PLR0915, PLR0917 - fused
    form: int, shape: int, single: bool, dim: int, cut: bool, special: bool
) -> Callable[..., None]:
    """Return the kernel of one stiffness form and potential, compiled once a machine.

    The kernel gets positions [n, dim ≤ 3] and rest positions, segments `ptr`, the strength by
    graph, a factor for each pair of kinds of atoms and the kinds [n] (or none), weights of the
    atoms [n] (or none); parameters of law and potential and the squared cutoff. It writes the
    energy of each graph and the gradient of the atoms for graphs `begin` to `end`. Kinds and
    weights are looked at in the `special` kernel alone.
    """

    def kernel(  # noqa: C901, PLR0912, PLR0915, PLR0917 - fused; numba passes by position
        pos: Any,
        rest: Any,
        ptr: Any,
        strength: Any,
        table: Any,
        kinds: Any,
        weight: Any,
        numbers: Any,
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
        known = loaded(numbers)
        reach = known[REACH]
        typed, weighted = kinds.size > 0, weight.size > 0
        for graph in range(begin, end):
            low, size = ptr[graph], ptr[graph + 1] - ptr[graph]
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
                if special:
                    atom = low + step
                    for i in range(size):
                        k = own[i]
                        if typed:
                            k = k * table[kinds[low + i], kinds[atom]]
                        if weighted:
                            k = k * weight[low + i] * weight[atom]
                        own[W4 + i] = k
                        atom = low if atom + 1 == ptr[graph + 1] else atom + 1
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
                    k = (own[W4 + i] if special else own[i]) * share
                    k = law(form, k, length, known)
                    if cut:
                        k = k if rest_squared < reach else zero
                    twice, tension = well(shape, k, stretch, known)
                    total += twice
                    force = tension * inverse
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
    line, grid = real[::1], real[:, ::1]
    given = (grid, grid, types.int64[::1], line, grid, types.int64[::1], line, line, line)
    work = (line, line, line, types.int64, types.int64)
    return compile_kernel(kernel, types.void(*given, *work, types.float64[::1], grid))
