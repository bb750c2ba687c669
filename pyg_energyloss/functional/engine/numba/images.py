"""The search among relabellings of each graph's target, compiled.

Importing this module needs numba.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import boolean, float64, int64, njit, void
from numpy.typing import NDArray

from pyg_energyloss.functional.engine.numba.compiled import compile_kernel

#: An image is taken if its overlap is larger by more than rounding.
_GAIN = 1e-9


@njit(inline="always")  # type: ignore[untyped-decorator]
def _determinant(m: Any) -> Any:
    return (
        m[0] * (m[4] * m[8] - m[5] * m[7])
        - m[1] * (m[3] * m[8] - m[5] * m[6])
        + m[2] * (m[3] * m[7] - m[4] * m[6])
    )


@njit  # type: ignore[untyped-decorator]
def overlap(m: Any) -> Any:
    """Return the largest trace(R C) over rotations, of a matrix as nine numbers."""
    scale = 0.0
    for k in range(9):
        scale = max(scale, abs(m[k]))
    if not (scale > 0.0 and math.isfinite(scale)):
        return 0.0
    for k in range(9):
        m[k] /= scale
    a = m[0] * m[0] + m[3] * m[3] + m[6] * m[6]
    b = m[1] * m[1] + m[4] * m[4] + m[7] * m[7]
    c = m[2] * m[2] + m[5] * m[5] + m[8] * m[8]
    d = m[0] * m[1] + m[3] * m[4] + m[6] * m[7]
    e = m[0] * m[2] + m[3] * m[5] + m[6] * m[8]
    f = m[1] * m[2] + m[4] * m[5] + m[7] * m[8]
    mean = (a + b + c) / 3.0
    a, b, c = a - mean, b - mean, c - mean
    spread = math.sqrt((a * a + b * b + c * c + 2.0 * (d * d + e * e + f * f)) / 6.0)
    high = middle = low = mean
    if spread > 0.0:
        shape = a * (b * c - f * f) - d * (d * c - f * e) + e * (d * f - b * e)
        cosine = min(1.0, max(-1.0, 0.5 * shape / spread**3))
        angle = math.acos(cosine) / 3.0
        high = mean + 2.0 * spread * math.cos(angle)
        low = mean + 2.0 * spread * math.cos(angle + 2.0 * math.pi / 3.0)
        middle = 3.0 * mean - high - low
    least = math.sqrt(max(low, 0.0))
    if _determinant(m) < 0.0:
        least = -least
    return scale * (math.sqrt(max(high, 0.0)) + math.sqrt(max(middle, 0.0)) + least)


def _search(  # noqa: C901, PLR0912, PLR0917 - one compiled loop
    pred: NDArray[np.float64],
    target: NDArray[np.float64],
    batch: NDArray[np.int64],
    node: NDArray[np.int64],
    becomes: NDArray[np.int64],
    begin: NDArray[np.int64],
    first: NDArray[np.int64],
    count: NDArray[np.int64],
    whole: NDArray[np.bool_],
    label: NDArray[np.int64],
) -> None:
    start = np.zeros((len(first), 9))
    for i in range(len(pred)):
        for row in range(3):
            for column in range(3):
                start[batch[i], 3 * row + column] += target[i, row] * pred[i, column]
    trial, best_matrix, work = np.empty(9), np.empty(9), np.empty(9)
    for g in range(len(first)):
        while True:
            work[:] = start[g]
            best, chosen = overlap(work) * (1.0 + _GAIN), -1
            for image in range(first[g] + 1, first[g] + count[g]):
                trial[:] = start[g]
                for m in range(begin[image], begin[image + 1]):
                    i, new, old = node[m], label[becomes[m]], label[node[m]]
                    for row in range(3):
                        step = target[new, row] - target[old, row]
                        for column in range(3):
                            trial[3 * row + column] += step * pred[i, column]
                work[:] = trial
                value = overlap(work)
                if value > best:
                    best, chosen = value * (1.0 + _GAIN), image
                    best_matrix[:] = trial
            if chosen < 0:
                break
            start[g] = best_matrix
            moves = range(begin[chosen], begin[chosen + 1])
            taken = [label[becomes[m]] for m in moves]
            for place, m in enumerate(moves):
                label[node[m]] = taken[place]
            if whole[g]:
                break


search = compile_kernel(
    _search,
    void(
        float64[:, ::1],
        float64[:, ::1],
        int64[::1],
        int64[::1],
        int64[::1],
        int64[::1],
        int64[::1],
        int64[::1],
        boolean[::1],
        int64[::1],
    ),
)
