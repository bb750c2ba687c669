"""The CPU kernel that counts neighbours: tiles of atoms, in memory that is linear in the atoms.

Importing this module needs numba.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types
from numpy.typing import NDArray

from pyg_energyloss.functional.engine.numba.compiled import compile_kernel
from pyg_energyloss.functional.engine.numba.complete import LANES
from pyg_energyloss.functional.engine.numba.order import packed_order

#: Graphs of more atoms than this are sorted in space, so that tiles far apart are not visited.
_SORTED = 4 * LANES


def _count(  # noqa: C901, PLR0917 - one compiled loop; numba passes by position
    place: Any, weight: Any, reach: Any, ptr: Any, box: Any, constants: Any, total: Any
) -> None:
    """Add w_i w_j of the neighbours j of each atom i: squared distance under `reach[i]`."""
    zero = constants[0]
    for graph in range(total.size):
        low, high = ptr[graph], ptr[graph + 1]
        tiles = (high - low + LANES - 1) // LANES
        for a in range(tiles):
            first, last = low + a * LANES, min(low + (a + 1) * LANES, high)
            box[a, 6] = zero
            for axis in range(3):
                box[a, axis], box[a, 3 + axis] = place[axis, first], place[axis, first]
                for i in range(first + 1, last):
                    box[a, axis] = min(box[a, axis], place[axis, i])
                    box[a, 3 + axis] = max(box[a, 3 + axis], place[axis, i])
            for i in range(first, last):
                box[a, 6] = max(box[a, 6], reach[i])
        for a in range(tiles):
            for b in range(tiles):
                gap = zero
                for axis in range(3):
                    apart = max(box[b, axis] - box[a, 3 + axis], zero)
                    apart = max(box[a, axis] - box[b, 3 + axis], apart)
                    gap += apart * apart
                if gap > box[a, 6]:
                    continue
                first, last = low + b * LANES, min(low + (b + 1) * LANES, high)
                px, py, pz = place[0, first:last], place[1, first:last], place[2, first:last]
                share = weight[first:last]
                for i in range(low + a * LANES, min(low + (a + 1) * LANES, high)):
                    x, y, z, limit = place[0, i], place[1, i], place[2, i], reach[i]
                    near = zero
                    for j in range(last - first):
                        dx, dy, dz = x - px[j], y - py[j], z - pz[j]
                        squared = dx * dx + dy * dy + dz * dz
                        near += share[j] if squared < limit else zero
                    # An atom is not its own neighbour; where it is nowhere it did not count.
                    if a == b and x * zero + y * zero + z * zero == zero:
                        near -= weight[i]
                    total[graph] += np.float64(weight[i]) * np.float64(near)


_KERNELS: dict[Any, Any] = {}


def _kernel(kind: Any) -> Any:
    if kind not in _KERNELS:
        real = types.float32 if kind == np.float32 else types.float64
        grid, line = real[:, ::1], real[::1]
        given = (grid, line, line, types.int64[::1], grid, line, types.float64[::1])
        _KERNELS[kind] = compile_kernel(_count, types.void(*given))
    return _KERNELS[kind]


def neighbour_sums(
    points: NDArray[Any],
    weight: NDArray[Any],
    reach: NDArray[Any],
    batch: NDArray[np.int64],
    graphs: int,
) -> NDArray[np.float64]:
    """Return the sum of w_i w_j over the neighbours j of all atoms i, by graph.

    Args:
        points: positions [n, dim ≤ 3], float32 or float64.
        weight: w [n], of that type.
        reach: the squared cutoff of each atom [n], of that type.
        batch: graph of each atom [n], in range.
        graphs: how many.

    >>> line = np.array([[0.0], [1.0], [3.0]])
    >>> neighbour_sums(line, np.ones(3), np.array([1.5, 1.5, 9.5]), np.zeros(3, dtype=np.int64), 1)
    array([4.])
    """
    kind = points.dtype.type
    sizes = np.bincount(batch, minlength=graphs)
    ptr = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    order = np.argsort(batch, kind="stable")
    for graph in np.flatnonzero(sizes > _SORTED):
        part = slice(ptr[graph], ptr[graph + 1])
        order[part] = order[part][packed_order(points[order[part]])]
    place = np.zeros((3, len(points)), dtype=kind)
    place[: points.shape[1]] = points[order].T
    box = np.zeros((-(-int(sizes.max(initial=0)) // LANES), 7), dtype=kind)
    total = np.zeros(graphs)
    _kernel(points.dtype)(
        place, weight[order], reach[order], ptr, box, np.zeros(1, dtype=kind), total
    )
    return total
