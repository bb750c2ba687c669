"""The CUDA engine: one Triton program per block of atoms, energy and gradient in one pass.

It needs Triton, which CUDA builds of torch bring along. Nothing is read back
from the device. Structures too large for the type are computed in units in which they are not.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from pyg_energyloss.functional.distance import COINCIDENT
from pyg_energyloss.functional.engine.problem import Problem, graph_scale, rescaled
from pyg_energyloss.radial import Form, RadialForm

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
    strength: Any,
    parameter: Any,
    form: tl.constexpr,
    tiny: tl.constexpr,
) -> Any:
    """K times squared elongation, and k times elongation over length, of a block of pairs."""
    squared = dx * dx + dy * dy + dz * dz
    rest = tl.sqrt(du * du + dv * dv + dw * dw)
    inverse = 1.0 / tl.sqrt(tl.maximum(squared, tiny))
    product = ax * (dx + du) + ay * (dy + dv) + az * (dz + dw)
    stretch = product / tl.maximum(squared * inverse + rest, tiny)
    distance = rest * unit
    if form == 2:  # noqa: PLR2004 - Form.INVERSE
        k = strength / (distance + parameter)
    elif form == 3:  # noqa: PLR2004 - Form.INVERSE_SQUARE
        k = strength / (distance * distance + parameter)
    elif form == 4:  # noqa: PLR2004 - Form.EXPONENTIAL
        k = strength * tl.exp(-parameter * distance)
    else:
        k = strength + 0.0 * distance
    force = k * stretch
    return force * stretch, force * inverse


@jit
def _complete_kernel(  # noqa: PLR0917 - Triton passes by position
    node: Any,
    low: Any,
    high: Any,
    energy: Any,
    gradient: Any,
    law: Any,
    nodes: Any,
    form: tl.constexpr,
    tiny: tl.constexpr,
    block: tl.constexpr,
    width: tl.constexpr,
) -> None:
    """Rows of `node`: predicted (3), true (3), unit (1), unused (1) coordinates of an atom."""
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
    strength, parameter = tl.load(law), tl.load(law + 1)
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
        each, force = _spring(
            dx, dy, dz, du, dv, dw, ax, ay, az, unit, strength, parameter, form, tiny
        )
        same = (j[None, :] >= first[:, None]) & (j[None, :] < last[:, None])
        force = tl.where(same, force, 0.0)
        e += tl.sum(tl.where(same, each, 0.0), axis=1)
        gx += tl.sum(force * dx, axis=1)
        gy += tl.sum(force * dy, axis=1)
        gz += tl.sum(force * dz, axis=1)
    tl.store(energy + i, 0.5 * e, mask=inside)
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
    weighted: tl.constexpr,
    shifted: tl.constexpr,
    form: tl.constexpr,
    tiny: tl.constexpr,
    block: tl.constexpr,
) -> None:
    """Every column once; forces are added to both ends atomically."""
    column = tl.program_id(0).to(tl.int64) * block + tl.arange(0, block)
    inside = column < edges
    i = tl.load(source + column, mask=inside, other=0)
    j = tl.load(target + column, mask=inside, other=0)
    tail, head = node + 8 * i, node + 8 * j
    x, y, z = tl.load(head), tl.load(head + 1), tl.load(head + 2)
    u, v, w = tl.load(head + 3), tl.load(head + 4), tl.load(head + 5)
    px, py, pz = tl.load(tail), tl.load(tail + 1), tl.load(tail + 2)
    qx, qy, qz = tl.load(tail + 3), tl.load(tail + 4), tl.load(tail + 5)
    unit = tl.load(tail + 6)
    strength, parameter = tl.load(law), tl.load(law + 1)
    dx, dy, dz = x - px, y - py, z - pz
    du, dv, dw = u - qx, v - qy, w - qz
    ax, ay, az = (x - u) - (px - qx), (y - v) - (py - qy), (z - w) - (pz - qz)
    if shifted:
        sx = tl.load(shift + 3 * column, mask=inside, other=0.0)
        sy = tl.load(shift + 3 * column + 1, mask=inside, other=0.0)
        sz = tl.load(shift + 3 * column + 2, mask=inside, other=0.0)
        dx, dy, dz = dx + sx, dy + sy, dz + sz
        du, dv, dw = du + sx, dv + sy, dw + sz
    each, force = _spring(dx, dy, dz, du, dv, dw, ax, ay, az, unit, strength, parameter, form, tiny)
    if weighted:
        factor = tl.load(weight + column, mask=inside, other=0.0)
        each, force = each * factor, force * factor
    tl.store(energy + column, 0.5 * each, mask=inside)
    up, down = gradient + 3 * j, gradient + 3 * i
    tl.atomic_add(up, force * dx, mask=inside)
    tl.atomic_add(up + 1, force * dy, mask=inside)
    tl.atomic_add(up + 2, force * dz, mask=inside)
    tl.atomic_add(down, -force * dx, mask=inside)
    tl.atomic_add(down + 1, -force * dy, mask=inside)
    tl.atomic_add(down + 2, -force * dz, mask=inside)


def energy_gradient(problem: Problem) -> tuple[Tensor, Tensor]:
    """Return the energy of each graph [num_graphs] and its gradient [num_nodes, dim]."""
    scale = graph_scale(problem)
    nodes, dim = problem.pos.shape
    node_scale = scale.expand(nodes) if problem.batch is None else scale[problem.batch]
    scaled = rescaled(problem, node_scale)
    node = scaled.pos.new_zeros(nodes, 8)
    node[:, :dim], node[:, 3 : 3 + dim], node[:, 6] = scaled.pos, scaled.rest, 1.0 / node_scale
    law = problem.law if isinstance(problem.law, RadialForm) else _UNIT
    solve = _complete if problem.edge_index is None else _sparse
    energy, gradient = solve(scaled, node, law)
    return energy / scale / scale, gradient[:, :dim] / node_scale[:, None]


def _numbers(law: RadialForm, node: Tensor) -> Tensor:
    """The numbers of a law on the device, in full precision and without waiting for it."""
    return torch.cat([node.new_full((1,), law.strength), node.new_full((1,), law.parameter)])


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
    if nodes:
        _complete_kernel[(triton.cdiv(nodes, ROWS),)](
            node,
            low,
            high,
            each,
            gradient,
            _numbers(law, node),
            nodes,
            form=int(law.form),
            tiny=COINCIDENT,
            block=ROWS,
            width=COLUMNS,
        )
    if order is None or problem.batch is None:
        return each.sum().reshape(1), gradient
    energy = node.new_zeros(problem.num_graphs).index_add_(0, problem.batch[order], each)
    return energy, torch.empty_like(gradient).index_copy_(0, order, gradient)


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
            _numbers(law, node),
            edges,
            weighted=problem.weight is not None,
            shifted=shift is not None,
            form=int(law.form),
            tiny=COINCIDENT,
            block=EDGES,
        )
    if problem.batch is None:
        return each.sum().reshape(1), gradient
    energy = node.new_zeros(problem.num_graphs)
    return energy.index_add_(0, problem.batch[source], each), gradient
