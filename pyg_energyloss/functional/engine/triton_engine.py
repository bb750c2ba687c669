"""The CUDA engine: one Triton program per block of atoms, energy and gradient in one pass.

It needs Triton, which CUDA builds of torch bring along. Nothing is read back
from the device. Structures too large for the type are computed in units in which they are not.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from pyg_energyloss.functional.engine.problem import Problem, graph_scale, rescaled
from pyg_energyloss.functional.engine.wells import degree
from pyg_energyloss.functional.geometry.distance import COINCIDENT
from pyg_energyloss.radial import Form, RadialForm, TableForm, WellForm

try:
    import triton
    import triton.language as tl
except ImportError:  # CPU builds of torch come without it; the kernels then stay plain functions
    triton = tl = None

jit: Any = triton.jit if triton is not None else lambda function: function

ROWS = 32
COLUMNS = 128
EDGES = 256

_UNIT = RadialForm(Form.CONSTANT, 1.0)


@jit
def _well(stretch: Any, unit: Any, parameter: Any, shape: tl.constexpr) -> Any:
    """The potential of a number (`Well`): φ(e) and dφ/de.

    Those of degree two are in the scaled unit, the others in the unit of the user.
    """
    if shape == 1:  # Well.HARMONIC
        return 0.5 * stretch * stretch, stretch
    if shape == 6:  # noqa: PLR2004 - Well.FLAT_BOTTOM
        width = parameter / unit
        beyond = stretch - tl.minimum(tl.maximum(stretch, -width), width)
        return 0.5 * beyond * beyond, beyond
    e = stretch * unit
    off = tl.abs(e)
    sign = tl.where(e > 0, 1.0, tl.where(e < 0, -1.0, e))  # NaN stays NaN
    if shape == 2:  # noqa: PLR2004 - Well.ABSOLUTE
        return off, sign
    if shape == 3:  # noqa: PLR2004 - Well.HUBER
        tension = tl.where(off > parameter, sign * parameter, e)
        return tension * (e - 0.5 * tension), tension
    if shape == 5:  # noqa: PLR2004 - Well.MORSE, with the tangent beyond its wall
        reach = -parameter * e
        held = tl.where(reach > 8.0, 8.0, reach)  # noqa: PLR2004 - WALL of potentials/morse.py
        # exp(x) - 1 = 2 sinh(x/2) exp(x/2); the series near zero, where the difference is lost.
        near = held * (1.0 + held * (0.5 + held * (1.0 / 6.0 + held * (1.0 / 24.0))))
        bend = tl.where(tl.abs(held) < 0.01, near, tl.exp(held) - 1.0)  # noqa: PLR2004 - the same
        steep = bend * (bend + 1.0)
        curved = 0.5 * bend * bend + steep * (reach - held)
        return curved / (parameter * parameter), -steep / parameter
    q = tl.exp(-off)
    a, b = (
        0.6065306597126334 / (q + 0.6065306597126334),
        0.36787944117144233 / (q + 0.36787944117144233),
    )
    c, d = (
        0.1353352832366127 / (q + 0.1353352832366127),
        0.01831563888873418 / (q + 0.01831563888873418),
    )
    slope = a * (1.0 - a) + b * (1.0 - b) + c * (1.0 - c) + d * (1.0 - d)
    return 0.25 * (a + b + c + d), 0.25 * sign * slope


@jit
def _spring(  # noqa: PLR0917 - Triton passes by position
    dx: Any,
    dy: Any,
    dz: Any,
    du: Any,
    dv: Any,
    dw: Any,
    ax: Any,
    ay: Any,
    az: Any,
    unit: Any,
    law: Any,
    form: tl.constexpr,
    shape: tl.constexpr,
    cut: tl.constexpr,
    tiny: tl.constexpr,
) -> Any:
    """K times the energy, and k times tension over length, of a block of pairs.

    `law` holds strength and parameter of the law, parameter of the potential, cutoff.
    """
    strength, parameter = tl.load(law), tl.load(law + 1)
    squared = dx * dx + dy * dy + dz * dz
    rest = tl.sqrt(du * du + dv * dv + dw * dw)
    inverse = 1.0 / tl.sqrt(tl.maximum(squared, tiny))
    product = ax * (dx + du) + ay * (dy + dv) + az * (dz + dw)
    stretch = product / tl.maximum(squared * inverse + rest, tiny)
    # In the scaled unit a small distance is lost beside a huge prediction.
    tu, tv, tw = du * unit, dv * unit, dw * unit
    distance = tl.sqrt(tu * tu + tv * tv + tw * tw)
    distance = tl.where(distance < float("inf"), distance, rest * unit)
    if form == 2:  # noqa: PLR2004 - Form.INVERSE
        k = strength / (distance + parameter)
    elif form == 3:  # noqa: PLR2004 - Form.INVERSE_SQUARE
        k = strength / (distance * distance + parameter)
    elif form == 4:  # noqa: PLR2004 - Form.EXPONENTIAL
        k = strength * tl.exp(-parameter * distance)
    else:
        k = strength + 0.0 * distance
    if cut:
        k = tl.where(distance < tl.load(law + 3), k, 0.0)
    value, tension = _well(stretch, unit, tl.load(law + 2), shape)
    return k * value, k * tension * inverse


@jit
def _complete_kernel(  # noqa: PLR0917 - Triton passes by position
    node: Any,
    low: Any,
    high: Any,
    energy: Any,
    gradient: Any,
    law: Any,
    kind: Any,
    table: Any,
    kinds: Any,
    nodes: Any,
    tabled: tl.constexpr,
    form: tl.constexpr,
    shape: tl.constexpr,
    cut: tl.constexpr,
    tiny: tl.constexpr,
    block: tl.constexpr,
    width: tl.constexpr,
) -> None:
    """Rows of `node`: predicted (3) and true (3) coordinates of an atom, its unit and weight.

    `table` [kinds, kinds] holds a factor for the two kinds of atoms of a pair.
    """
    i = tl.program_id(0) * block + tl.arange(0, block)
    inside = i < nodes
    row = node + 8 * i
    x = tl.load(row + 0, mask=inside, other=0.0)[:, None]
    y = tl.load(row + 1, mask=inside, other=0.0)[:, None]
    z = tl.load(row + 2, mask=inside, other=0.0)[:, None]
    u = tl.load(row + 3, mask=inside, other=0.0)[:, None]
    v = tl.load(row + 4, mask=inside, other=0.0)[:, None]
    w = tl.load(row + 5, mask=inside, other=0.0)[:, None]
    unit = tl.load(row + 6, mask=inside, other=1.0)[:, None]
    first = tl.load(low + i, mask=inside, other=nodes)
    last = tl.load(high + i, mask=inside, other=0)
    share = tl.load(row + 7, mask=inside, other=0.0)[:, None]
    e = tl.zeros([block], dtype=x.dtype)
    gx = tl.zeros([block], dtype=x.dtype)
    gy = tl.zeros([block], dtype=x.dtype)
    gz = tl.zeros([block], dtype=x.dtype)
    for start in range(tl.min(first), tl.max(last), width):
        j = start + tl.arange(0, width)
        column = node + 8 * j
        there = j < nodes
        px = tl.load(column + 0, mask=there, other=0.0)[None, :]
        py = tl.load(column + 1, mask=there, other=0.0)[None, :]
        pz = tl.load(column + 2, mask=there, other=0.0)[None, :]
        qx = tl.load(column + 3, mask=there, other=0.0)[None, :]
        qy = tl.load(column + 4, mask=there, other=0.0)[None, :]
        qz = tl.load(column + 5, mask=there, other=0.0)[None, :]
        dx, dy, dz = x - px, y - py, z - pz
        du, dv, dw = u - qx, v - qy, w - qz
        ax, ay, az = (x - u) - (px - qx), (y - v) - (py - qy), (z - w) - (pz - qz)
        each, force = _spring(dx, dy, dz, du, dv, dw, ax, ay, az, unit, law, form, shape, cut, tiny)
        other = share * tl.load(column + 7, mask=there, other=0.0)[None, :]
        if tabled:
            left = tl.load(kind + i, mask=inside, other=0)
            right = tl.load(kind + j, mask=there, other=0)
            other = other * tl.load(table + (left[:, None] * kinds + right[None, :]))
        same = (j[None, :] >= first[:, None]) & (j[None, :] < last[:, None])
        same = same & (j[None, :] != i[:, None])
        force = tl.where(same, force * other, 0.0)
        e += tl.sum(tl.where(same, each * other, 0.0), axis=1)
        gx += tl.sum(force * dx, axis=1)
        gy += tl.sum(force * dy, axis=1)
        gz += tl.sum(force * dz, axis=1)
    tl.store(energy + i, e, mask=inside)
    out = gradient + 3 * i
    tl.store(out + 0, 2.0 * gx, mask=inside)
    tl.store(out + 1, 2.0 * gy, mask=inside)
    tl.store(out + 2, 2.0 * gz, mask=inside)


@jit
def _sparse_kernel(  # noqa: PLR0917 - Triton passes by position
    node: Any,
    source: Any,
    target: Any,
    weight: Any,
    shift: Any,
    energy: Any,
    gradient: Any,
    law: Any,
    edges: Any,
    nodes: Any,
    weighted: tl.constexpr,
    shifted: tl.constexpr,
    form: tl.constexpr,
    shape: tl.constexpr,
    cut: tl.constexpr,
    tiny: tl.constexpr,
    block: tl.constexpr,
) -> None:
    """Every column once; forces are added to both ends atomically."""
    column = tl.program_id(0).to(tl.int64) * block + tl.arange(0, block)
    inside = column < edges
    i = tl.load(source + column, mask=inside, other=0)
    j = tl.load(target + column, mask=inside, other=0)
    # No memory outside the table is touched; a column that points there gives NaN.
    valid = (i >= 0) & (i < nodes) & (j >= 0) & (j < nodes)
    i, j = tl.where(valid, i, 0), tl.where(valid, j, 0)
    tail, head = node + 8 * i, node + 8 * j
    x, y, z = tl.load(head), tl.load(head + 1), tl.load(head + 2)
    u, v, w = tl.load(head + 3), tl.load(head + 4), tl.load(head + 5)
    px, py, pz = tl.load(tail), tl.load(tail + 1), tl.load(tail + 2)
    qx, qy, qz = tl.load(tail + 3), tl.load(tail + 4), tl.load(tail + 5)
    unit = tl.load(tail + 6)
    dx, dy, dz = x - px, y - py, z - pz
    du, dv, dw = u - qx, v - qy, w - qz
    ax, ay, az = (x - u) - (px - qx), (y - v) - (py - qy), (z - w) - (pz - qz)
    if shifted:
        sx = tl.load(shift + 3 * column, mask=inside, other=0.0)
        sy = tl.load(shift + 3 * column + 1, mask=inside, other=0.0)
        sz = tl.load(shift + 3 * column + 2, mask=inside, other=0.0)
        dx, dy, dz = dx + sx, dy + sy, dz + sz
        du, dv, dw = du + sx, dv + sy, dw + sz
    each, force = _spring(dx, dy, dz, du, dv, dw, ax, ay, az, unit, law, form, shape, cut, tiny)
    itself = i == j  # to which an atom has no spring; it has one to its images
    if shifted:
        itself = itself & (sx == 0.0) & (sy == 0.0) & (sz == 0.0)
    each, force = tl.where(itself, 0.0, each), tl.where(itself, 0.0, force)
    if weighted:
        factor = tl.load(weight + column, mask=inside, other=0.0)
        each, force = each * factor, force * factor
    tl.store(energy + column, tl.where(valid, each, float("nan")), mask=inside)
    force = tl.where(valid, force, 0.0)
    up, down = gradient + 3 * j, gradient + 3 * i
    tl.atomic_add(up, force * dx, mask=inside)
    tl.atomic_add(up + 1, force * dy, mask=inside)
    tl.atomic_add(up + 2, force * dz, mask=inside)
    tl.atomic_add(down, -force * dx, mask=inside)
    tl.atomic_add(down + 1, -force * dy, mask=inside)
    tl.atomic_add(down + 2, -force * dz, mask=inside)


def energy_gradient(problem: Problem) -> tuple[Tensor, Tensor]:
    """Return the energy of each graph [num_graphs] and its gradient [num_nodes, dim].

    Energies are float64.
    """
    # Triton launches on the current device, which need not be that of the tensors.
    with torch.cuda.device_of(problem.pos):
        return _energy_gradient(problem)


def _energy_gradient(problem: Problem) -> tuple[Tensor, Tensor]:
    scale = graph_scale(problem)
    nodes, dim = problem.pos.shape
    node_scale = scale.expand(nodes) if problem.batch is None else scale[problem.batch]
    scaled = rescaled(problem, node_scale)
    node = scaled.pos.new_zeros(nodes, 8)
    node[:, :dim], node[:, 3 : 3 + dim], node[:, 6] = scaled.pos, scaled.rest, 1.0 / node_scale
    node[:, 7] = 1.0 if problem.node_weight is None else problem.node_weight
    law = problem.law.radial if isinstance(problem.law, TableForm) else problem.law
    law = law if isinstance(law, RadialForm) else _UNIT
    solve = _complete if problem.edge_index is None else _sparse
    energy, gradient = solve(scaled, node, law)
    if not degree(problem.well):
        return energy, gradient[:, :dim]
    return energy / scale / scale, gradient[:, :dim] / node_scale[:, None]


def _numbers(problem: Problem, law: RadialForm, node: Tensor) -> Tensor:
    """The numbers of a law on the device, in full precision and without waiting for it."""
    width = problem.well.parameter if isinstance(problem.well, WellForm) else 0.0
    cutoff = math.inf if problem.cutoff is None else problem.cutoff
    numbers = (law.strength, law.parameter, width, cutoff)
    return torch.cat([node.new_full((1,), number) for number in numbers])


def _shape(problem: Problem) -> int:
    if not isinstance(problem.well, WellForm):
        raise TypeError("a potential that is no form has no kernel; use the plain-torch engine")
    return int(problem.well.form)


def _complete(problem: Problem, node: Tensor, law: RadialForm) -> tuple[Tensor, Tensor]:
    nodes, device = node.size(0), node.device
    order: Tensor | None = None
    if problem.batch is None:
        low = torch.zeros(nodes, dtype=torch.long, device=device)
        high = torch.full_like(low, nodes)
    else:
        batch, order = problem.batch.sort(stable=True)
        node = node[order]
        low = torch.searchsorted(batch, batch)
        high = torch.searchsorted(batch, batch, right=True)
    each, gradient = node.new_zeros(nodes), node.new_zeros(nodes, 3)
    tabled = isinstance(problem.law, TableForm)
    kind, table = low, node
    if isinstance(problem.law, TableForm):
        kind = problem.law.kind if order is None else problem.law.kind[order]
        table = problem.law.table.to(node.dtype).contiguous()
    if nodes:
        _complete_kernel[(triton.cdiv(nodes, ROWS),)](
            node,
            low,
            high,
            each,
            gradient,
            _numbers(problem, law, node),
            kind.contiguous(),
            table,
            table.size(1),
            nodes,
            tabled=tabled,
            form=int(law.form),
            shape=_shape(problem),
            cut=problem.cutoff is not None,
            tiny=COINCIDENT,
            block=ROWS,
            width=COLUMNS,
        )
    if order is None or problem.batch is None:
        return _graph_sum(each, None, 1), gradient
    energy = _graph_sum(each, problem.batch[order], problem.num_graphs)
    return energy, torch.empty_like(gradient).index_copy_(0, order, gradient)


def _graph_sum(each: Tensor, graph: Tensor | None, num_graphs: int) -> Tensor:
    """Sums by graph in float64: one after the other, as atomics add, float32 loses five digits."""
    if graph is None:
        return each.sum(dtype=torch.float64).reshape(1)
    energy = torch.zeros(num_graphs, dtype=torch.float64, device=each.device)
    return energy.index_add_(0, graph, each.double())


def _sparse(problem: Problem, node: Tensor, law: RadialForm) -> tuple[Tensor, Tensor]:
    if problem.edge_index is None:
        raise ValueError("`edge_index` is missing; complete graphs have a kernel of their own")
    source, target = problem.edge_index
    edges = source.numel()
    each, gradient = node.new_zeros(edges), node.new_zeros(node.size(0), 3)
    shift = problem.shift
    if shift is not None:
        shift = torch.nn.functional.pad(shift, (0, 3 - shift.size(1))).contiguous()
    if edges:
        _sparse_kernel[(triton.cdiv(edges, EDGES),)](
            node,
            source,
            target,
            node if problem.weight is None else problem.weight,
            node if shift is None else shift,
            each,
            gradient,
            _numbers(problem, law, node),
            edges,
            node.size(0),
            weighted=problem.weight is not None,
            shifted=shift is not None,
            form=int(law.form),
            shape=_shape(problem),
            cut=problem.cutoff is not None,
            tiny=COINCIDENT,
            block=EDGES,
        )
    graph = None if problem.batch is None else problem.batch[source]
    return _graph_sum(each, graph, problem.num_graphs), gradient
