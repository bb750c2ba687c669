"""The CPU kernel of complete graphs: tiles of atoms, each pair of tiles visited once.

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

#: Atoms per tile. Rows of a tile have this constant stride, so that the inner loop vectorises.
LANES = 64
#: The loop over a tile stops at a multiple of this, which vector registers divide.
STEP = 8
#: Tiles that are left out together where a box around all of them is too far.
PARTY = 16
#: Rows of a tile: predicted and true position (6), gradient (3), offset (3), then the strength of
#: springs to an atom of each kind.
ROWS = 12


def block_shares(kind: Any) -> Any:
    """Return what a pair counts for, by lane: in another tile, and in the own tile of an atom.

    An atom has a row for its place in its block of STEP; it does not meet itself.
    """
    shares = np.ones((1 + STEP, LANES), dtype=kind)
    shares[1:, :STEP] = 0.5
    shares[1:, :STEP][np.eye(STEP, dtype=bool)] = 0.0
    return shares


@functools.cache
def complete_kernel(  # noqa: C901, PLR0915 - fused
    form: int, shape: int, single: bool, cut: bool, special: bool
) -> Callable[..., None]:
    """Return the kernel of one stiffness form and potential, compiled once a machine.

    The kernel gets positions [n, dim ≤ 3] and rest positions, segments `ptr`, the strength by
    graph, a factor for each pair of kinds of atoms and the kinds [n] (or none), weights of the
    atoms [n] (or none); parameters of law and potential and the squared cutoff; `work`, memory for
    the pairs of a row. It writes the energy of each graph and the gradient of the atoms in the rows
    of tiles that belong to `thread` of `threads`. With a cutoff (`cut`), tiles whose boxes are
    further apart are not visited; kinds and weights are looked at in the `special` kernel alone.
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
        shares: Any,
        work: Any,
        tile: Any,
        box: Any,
        thread: int,
        threads: int,
        energy: Any,
        gradient: Any,
    ) -> None:
        zero, one, two, tiny = constants[0], constants[1], constants[2], constants[3]
        known = loaded(numbers)
        reach = known[REACH]
        typed, weighted = special and kinds.size > 0, special and weight.size > 0
        for graph in range(energy.size):
            low, size = ptr[graph], ptr[graph + 1] - ptr[graph]
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
                        row[(9 + axis) * LANES + i] = there - ideal
                    if cut:
                        lowest, highest = rest[base, axis], rest[base, axis]
                        for i in range(1, filled):
                            lowest = min(lowest, rest[base + i, axis])
                            highest = max(highest, rest[base + i, axis])
                        box[a, axis], box[a, 3 + axis] = lowest, highest
                for kind in range(table.shape[0]):
                    for i in range(filled):
                        k = strength[graph]
                        if typed:
                            k = k * table[kind, kinds[base + i]]
                        row[(12 + kind) * LANES + i] = k * weight[base + i] if weighted else k
            if cut:
                for a in range(tiles):
                    part = tiles + a // PARTY
                    for axis in range(pos.shape[1]):
                        lowest, highest = box[a, axis], box[a, 3 + axis]
                        if a % PARTY:
                            lowest = min(lowest, box[part, axis])
                            highest = max(highest, box[part, 3 + axis])
                        box[part, axis], box[part, 3 + axis] = lowest, highest
            for a in range(0 if tiles == 1 else thread, tiles, 1 if tiles == 1 else threads):
                first = tile[a]
                b = a - 1
                while b + 1 < tiles:
                    b += 1
                    if cut:
                        far, here = False, b
                        for other in (tiles + b // PARTY, b):  # the party, at its first tile
                            if far or (other > here and here % PARTY):
                                continue
                            gap = zero
                            for axis in range(pos.shape[1]):
                                apart = max(box[other, axis] - box[a, 3 + axis], zero)
                                apart = max(box[a, axis] - box[other, 3 + axis], apart)
                                gap += apart * apart
                            if gap > reach:
                                far = True
                                b += PARTY - 1 if other > here else 0
                        if far:
                            continue
                    width = min(LANES, (size - b * LANES + STEP - 1) // STEP * STEP)
                    total = zero
                    for i in range(min(LANES, size - a * LANES)):
                        x, y, z = first[i], first[LANES + i], first[2 * LANES + i]
                        u, v, w = first[3 * LANES + i], first[4 * LANES + i], first[5 * LANES + i]
                        # Stored, as fast arithmetic would turn (x - u) - (px - qx) around.
                        ox, oy, oz = (
                            first[9 * LANES + i],
                            first[10 * LANES + i],
                            first[11 * LANES + i],
                        )
                        e, gx, gy, gz = zero, zero, zero, zero
                        # In its own tile an atom meets the block of STEP atoms around it, each of
                        # which meets it too and takes half, and the atoms after that block.
                        start = i // STEP * STEP if a == b else 0
                        share = shares[1 + i % STEP if a == b else 0]
                        second = tile[b, start:]
                        strengths, mine = second, one
                        if special:
                            kind = kinds[low + a * LANES + i] if typed else 0
                            strengths = tile[b, (12 + kind) * LANES + start :]
                            mine = weight[low + a * LANES + i] if weighted else one
                        lanes = width - start
                        for j in range(lanes):
                            px, py, pz = second[j], second[LANES + j], second[2 * LANES + j]
                            qx, qy = second[3 * LANES + j], second[4 * LANES + j]
                            qz = second[5 * LANES + j]
                            dx, dy, dz = x - px, y - py, z - pz
                            du, dv, dw = u - qx, v - qy, w - qz
                            squared = dx * dx + dy * dy + dz * dz
                            rest_squared = du * du + dv * dv + dw * dw
                            inverse = one / np.sqrt(max(squared, tiny))
                            length = np.sqrt(rest_squared)
                            product = (ox - second[9 * LANES + j]) * (dx + du)
                            product += (oy - second[10 * LANES + j]) * (dy + dv)
                            product += (oz - second[11 * LANES + j]) * (dz + dw)
                            if special:
                                k = strengths[j] * share[j] * mine
                            else:
                                k = second[12 * LANES + j] * share[j]
                            if cut:
                                k = k if rest_squared < reach else zero
                            work[j], work[LANES + j], work[2 * LANES + j] = length, inverse, k
                            work[3 * LANES + j] = product / max(squared * inverse + length, tiny)
                        # A loop of its own keeps the constants of the formulas in registers.
                        for j in range(lanes):
                            k = law(form, work[2 * LANES + j], work[j], known)
                            twice, tension = well(shape, k, work[3 * LANES + j], known)
                            e += twice
                            work[LANES + j] *= tension
                        for j in range(lanes):
                            force = work[LANES + j]
                            dx, dy = x - second[j], y - second[LANES + j]
                            dz = z - second[2 * LANES + j]
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
    row, grid = real[::1], real[:, ::1]
    given = (grid, grid, types.int64[::1], row, grid, types.int64[::1], row, row, row, grid)
    work = (row, grid, grid, types.int64, types.int64)
    return compile_kernel(kernel, types.void(*given, *work, types.float64[::1], grid))
