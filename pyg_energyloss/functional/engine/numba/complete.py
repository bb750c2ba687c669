"""The CPU kernel of complete graphs: tiles of atoms, each pair of tiles visited once.

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

#: Atoms per tile. Rows of a tile have this constant stride, so that the inner loop vectorises.
LANES = 64
#: The loop over a tile stops at a multiple of this, which vector registers divide.
STEP = 8
#: Rows of a tile: predicted and true position (6), gradient (3), strength (1), offset (3).
ROWS = 13


def block_shares(kind: Any) -> Any:
    """Return what a pair counts for, by lane: in another tile, and in the own tile of an atom."""
    shares = np.ones((2, LANES), dtype=kind)
    shares[1, :STEP] = 0.5
    return shares


@functools.cache
def complete_kernel(form: int, single: bool) -> Callable[..., None]:  # noqa: C901, PLR0915 - fused
    """Return the kernel of one stiffness form in float32, or float64, compiled once a machine.

    The kernel gets positions [n, dim ≤ 3] and rest positions, segments `ptr`, strength (by
    graph) and parameter of the law, unit of length (by graph); it writes the energy of each
    graph and the gradient of the atoms in the rows of tiles that belong to `thread` of `threads`.
    """

    def kernel(  # noqa: C901, PLR0912, PLR0915, PLR0917 - fused; numba passes by position
        pos: Any,
        rest: Any,
        ptr: Any,
        strength: Any,
        parameter: float,
        unit: Any,
        constants: Any,
        shares: Any,
        tile: Any,
        thread: int,
        threads: int,
        energy: Any,
        gradient: Any,
    ) -> None:
        zero, one, two, tiny = constants[0], constants[1], constants[2], constants[3]
        for graph in range(energy.size):
            low, size, metre = ptr[graph], ptr[graph + 1] - ptr[graph], unit[graph]
            tiles = (size + LANES - 1) // LANES
            if tiles == 1 and graph % threads != thread:
                continue
            tile[:tiles] = zero
            for a in range(tiles):
                row, base = tile[a], low + a * LANES
                filled = min(LANES, size - a * LANES)
                for axis in range(pos.shape[1]):
                    for i in range(filled):
                        there, ideal = pos[base + i, axis], rest[base + i, axis]
                        row[axis * LANES + i] = there
                        row[(3 + axis) * LANES + i] = ideal
                        row[(10 + axis) * LANES + i] = there - ideal
                for i in range(filled):
                    row[9 * LANES + i] = strength[graph]
            for a in range(0 if tiles == 1 else thread, tiles, 1 if tiles == 1 else threads):
                first = tile[a]
                for b in range(a, tiles):
                    width = min(LANES, (size - b * LANES + STEP - 1) // STEP * STEP)
                    share = shares[1 if a == b else 0]
                    total = zero
                    for i in range(min(LANES, size - a * LANES)):
                        x, y, z = first[i], first[LANES + i], first[2 * LANES + i]
                        u, v, w = first[3 * LANES + i], first[4 * LANES + i], first[5 * LANES + i]
                        # Stored, as fast arithmetic would turn (x - u) - (px - qx) around.
                        ox, oy, oz = (
                            first[10 * LANES + i],
                            first[11 * LANES + i],
                            first[12 * LANES + i],
                        )
                        e, gx, gy, gz = zero, zero, zero, zero
                        # In its own tile an atom meets the block of STEP atoms around it, each of
                        # which meets it too and takes half, and the atoms after that block.
                        start = i // STEP * STEP if a == b else 0
                        second = tile[b, start:]
                        for j in range(width - start):
                            px, py, pz = second[j], second[LANES + j], second[2 * LANES + j]
                            qx, qy = second[3 * LANES + j], second[4 * LANES + j]
                            qz = second[5 * LANES + j]
                            dx, dy, dz = x - px, y - py, z - pz
                            du, dv, dw = u - qx, v - qy, w - qz
                            squared = dx * dx + dy * dy + dz * dz
                            rest_squared = du * du + dv * dv + dw * dw
                            inverse = one / np.sqrt(max(squared, tiny))
                            length = np.sqrt(rest_squared)
                            product = (ox - second[10 * LANES + j]) * (dx + du)
                            product += (oy - second[11 * LANES + j]) * (dy + dv)
                            product += (oz - second[12 * LANES + j]) * (dz + dw)
                            stretch = product / max(squared * inverse + length, tiny)
                            true = length * metre
                            k = second[9 * LANES + j] * share[j]
                            if form == 2:  # noqa: PLR2004 - Form.INVERSE; resolved at compilation
                                k = k / (true + parameter)
                            elif form == 3:  # noqa: PLR2004 - Form.INVERSE_SQUARE
                                k = k / (true * true + parameter)
                            elif form == 4:  # noqa: PLR2004 - Form.EXPONENTIAL
                                k = k * exp(-parameter * true)
                            force = k * stretch
                            e += force * stretch
                            force = force * inverse
                            gx += force * dx
                            gy += force * dy
                            gz += force * dz
                            second[6 * LANES + j] -= force * dx
                            second[7 * LANES + j] -= force * dy
                            second[8 * LANES + j] -= force * dz
                        first[6 * LANES + i] += gx
                        first[7 * LANES + i] += gy
                        first[8 * LANES + i] += gz
                        total += e
                    energy[graph] += total
            for a in range(tiles):
                row, base = tile[a], low + a * LANES
                for axis in range(pos.shape[1]):
                    for i in range(min(LANES, size - a * LANES)):
                        gradient[base + i, axis] = two * row[(6 + axis) * LANES + i]

    real = types.float32 if single else types.float64
    row, table = real[::1], real[:, ::1]
    given = (table, table, types.int64[::1], row, real, row, row, table, table)
    written = (types.float64[::1], table)
    return compile_kernel(kernel, types.void(*given, types.int64, types.int64, *written))
