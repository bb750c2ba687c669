"""The CPU kernel of all terms: coordinates, energies and forces in one pass, in float64.

Importing this module needs numba.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit, types

from pyg_energyloss.functional.engine.numba.compiled import compile_kernel
from pyg_energyloss.functional.geometry.distance import COINCIDENT
from pyg_energyloss.functional.geometry.internal_coordinates import STRAIGHT

_inline = njit(inline="always", error_model="numpy")


@_inline  # type: ignore[untyped-decorator]
def _minus(a: Any, b: Any) -> Any:
    return a[0] - b[0], a[1] - b[1], a[2] - b[2]


@_inline  # type: ignore[untyped-decorator]
def _times(k: Any, a: Any) -> Any:
    return k * a[0], k * a[1], k * a[2]


@_inline  # type: ignore[untyped-decorator]
def _dot(a: Any, b: Any) -> Any:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


@_inline  # type: ignore[untyped-decorator]
def _cross(a: Any, b: Any) -> Any:
    return (
        a[1] * b[2] - a[2] * b[1],
        a[2] * b[0] - a[0] * b[2],
        a[0] * b[1] - a[1] * b[0],
    )


@_inline  # type: ignore[untyped-decorator]
def _place(pos: Any, atom: Any) -> Any:
    return pos[atom, 0], pos[atom, 1], pos[atom, 2]


@_inline  # type: ignore[untyped-decorator]
def _push(gradient: Any, atom: Any, k: Any, a: Any) -> None:
    gradient[atom, 0] += k * a[0]
    gradient[atom, 1] += k * a[1]
    gradient[atom, 2] += k * a[2]


@_inline  # type: ignore[untyped-decorator]
def _distance(a: Any, b: Any) -> Any:
    """Length and its derivative with respect to the second point."""
    along = _minus(b, a)
    squared = _dot(along, along)
    if squared <= COINCIDENT:
        return 0.0, (0.0, 0.0, 0.0)
    length = math.sqrt(squared)
    return length, _times(1.0 / length, along)


@_inline  # type: ignore[untyped-decorator]
def _angle(a: Any, b: Any, c: Any) -> Any:
    """Angle at the second point and its derivatives with respect to the outer ones."""
    nil = (0.0, 0.0, 0.0)
    u, v = _minus(a, b), _minus(c, b)
    uu, vv = _dot(u, u), _dot(v, v)
    if uu <= COINCIDENT or vv <= COINCIDENT:
        return 0.0, nil, nil
    normal = _cross(u, v)
    area = math.sqrt(_dot(normal, normal))
    angle = math.atan2(area, _dot(u, v))
    if area <= 1e-18 * math.sqrt(uu * vv):
        return angle, nil, nil
    first = _times(1.0 / (uu * area), _cross(u, normal))
    return angle, first, _times(1.0 / (vv * area), _cross(normal, v))


@_inline  # type: ignore[untyped-decorator]
def _torsion(a: Any, b: Any, c: Any, d: Any) -> Any:
    """Torsion and its derivatives with respect to the first, second and last point."""
    nil = (0.0, 0.0, 0.0)
    before, middle, after = _minus(b, a), _minus(c, b), _minus(d, c)
    left, right = _cross(before, middle), _cross(middle, after)
    ll, rr, mm = _dot(left, left), _dot(right, right), _dot(middle, middle)
    bb, aa = _dot(before, before), _dot(after, after)
    if ll <= STRAIGHT * bb * mm or rr <= STRAIGHT * aa * mm:
        return 0.0, nil, nil, nil
    length = math.sqrt(mm)
    angle = math.atan2(length * _dot(before, right), _dot(left, right))
    first, last = _times(-length / ll, left), _times(length / rr, right)
    one, other = _dot(before, middle) / mm, _dot(after, middle) / mm
    second = (
        -(1.0 + one) * first[0] + other * last[0],
        -(1.0 + one) * first[1] + other * last[1],
        -(1.0 + one) * first[2] + other * last[2],
    )
    return angle, first, second, last


@_inline  # type: ignore[untyped-decorator]
def _improper(o: Any, a: Any, b: Any, c: Any) -> Any:
    """Out-of-plane angle and its derivatives with respect to the three outer points."""
    nil = (0.0, 0.0, 0.0)
    u, v, w = _minus(a, o), _minus(b, o), _minus(c, o)
    normal = _cross(u, v)
    nn, ww = _dot(normal, normal), _dot(w, w)
    if nn <= STRAIGHT * _dot(u, u) * _dot(v, v) or ww <= COINCIDENT:
        return 0.0, nil, nil, nil
    rise = _dot(normal, w)
    across = _cross(normal, w)
    run = math.sqrt(_dot(across, across))
    angle = math.atan2(rise, run)
    if run <= 1e-9 * math.sqrt(nn * ww):
        return angle, nil, nil, nil
    # d(angle) = d(sine) / cosine, with sine = rise / (|normal| |w|) and cosine = run / the same.
    scale, share = 1.0 / run, rise / run
    first, second = _cross(v, w), _cross(w, u)
    lift, drop = _cross(v, normal), _cross(normal, u)
    first = _minus(_times(scale, first), _times(share / nn, lift))
    second = _minus(_times(scale, second), _times(share / nn, drop))
    return angle, first, second, _minus(_times(scale, normal), _times(share / ww, w))


@functools.cache
def restraint_kernel() -> Callable[..., None]:  # noqa: C901, PLR0915 - fused
    """Return the kernel, compiled once a machine.

    It adds the energy of each term to that of its graph and its slope to the gradient. Where a
    term names no atom, or atoms of several graphs, it sets ``check[0]``, the term in ``check[1]``.
    """

    def kernel(  # noqa: C901, PLR0912, PLR0915, PLR0917 - numba passes by position
        pos: Any,
        index: Any,
        kind: Any,
        bounds: Any,
        period: Any,
        weight: Any,
        batch: Any,
        coordinate_of: Any,
        well_of: Any,
        parameter_of: Any,
        energy: Any,
        gradient: Any,
        check: Any,
    ) -> None:
        nodes = np.uint64(pos.shape[0])
        many = batch.size > 0
        for term in range(kind.size):
            i, j, k = index[0, term], index[1, term], index[2, term]
            l, m = index[3, term], index[4, term]  # noqa: E741 - i, j, k, l, m
            if (
                np.uint64(i) >= nodes
                or np.uint64(j) >= nodes
                or np.uint64(k) >= nodes
                or np.uint64(l) >= nodes
                or np.uint64(m) >= nodes
            ):
                check[0], check[1] = 1, term
                return
            graph = batch[i] if many else 0
            if many and (
                batch[j] != graph or batch[k] != graph or batch[l] != graph or batch[m] != graph
            ):
                check[0], check[1] = 1, term
                return
            which = coordinate_of[kind[term]]
            a, b = _place(pos, i), _place(pos, j)
            first, second, third = (0.0, 0.0, 0.0), (0.0, 0.0, 0.0), (0.0, 0.0, 0.0)
            if which == 0:
                value, first = _distance(a, b)
            elif which == 1:
                value, first, second = _angle(a, b, _place(pos, k))
            elif which == 2:  # noqa: PLR2004 - Coordinate.TORSION
                value, first, second, third = _torsion(a, b, _place(pos, k), _place(pos, l))
            elif which == 3:  # noqa: PLR2004 - Coordinate.IMPROPER
                value, first, second, third = _improper(a, b, _place(pos, k), _place(pos, l))
            else:
                apex = _place(pos, m)
                u = _minus(b, apex)
                v = _minus(_place(pos, k), apex)
                w = _minus(_place(pos, l), apex)
                first, second, third = _cross(v, w), _cross(w, u), _cross(u, v)
                value = _dot(u, first)
            low, high, turn = bounds[term, 0], bounds[term, 1], period[term]
            if turn > 0.0:
                value -= turn * np.rint((value - 0.5 * (low + high)) / turn)
            out = value - min(max(value, low), high)
            if out == 0.0:
                continue
            well, parameter = well_of[kind[term]], parameter_of[kind[term]]
            if well == 1:
                slope = out
                cost = 0.5 * out * out
            elif well == 2:  # noqa: PLR2004 - Well.ABSOLUTE
                slope = 1.0 if out > 0.0 else -1.0
                cost = abs(out)
            else:
                slope = min(max(out, -parameter), parameter)
                cost = slope * (out - 0.5 * slope)
            energy[graph] += weight[term] * cost
            slope *= weight[term]
            if which == 0:
                _push(gradient, j, slope, first)
                _push(gradient, i, -slope, first)
            elif which == 1:
                _push(gradient, i, slope, first)
                _push(gradient, k, slope, second)
                _push(gradient, j, -slope, first)
                _push(gradient, j, -slope, second)
            elif which == 2:  # noqa: PLR2004 - Coordinate.TORSION
                _push(gradient, i, slope, first)
                _push(gradient, j, slope, second)
                _push(gradient, l, slope, third)
                _push(gradient, k, -slope, first)
                _push(gradient, k, -slope, second)
                _push(gradient, k, -slope, third)
            else:
                apex_atom = i if which == 3 else m  # noqa: PLR2004 - Coordinate.IMPROPER
                _push(gradient, j, slope, first)
                _push(gradient, k, slope, second)
                _push(gradient, l, slope, third)
                _push(gradient, apex_atom, -slope, first)
                _push(gradient, apex_atom, -slope, second)
                _push(gradient, apex_atom, -slope, third)

    row, table = types.float64[::1], types.float64[:, ::1]
    whole, wholes = types.int64[::1], types.int64[:, ::1]
    terms = (wholes, whole, table, row, row, whole)
    return compile_kernel(kernel, types.void(table, *terms, whole, whole, row, row, table, whole))
