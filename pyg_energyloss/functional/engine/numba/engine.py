"""The CPU engine: numba kernels with the energy and its gradient in one pass."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pyg_energyloss.functional.engine import torch_engine
from pyg_energyloss.functional.engine.checks import check_batch, check_columns
from pyg_energyloss.functional.engine.handles import Handle
from pyg_energyloss.functional.engine.numba import small as numba_small
from pyg_energyloss.functional.engine.numba import sparse as numba_sparse
from pyg_energyloss.functional.engine.numba import threads
from pyg_energyloss.functional.engine.numba.complete import (
    LANES,
    ROWS,
    block_shares,
    complete_kernel,
)
from pyg_energyloss.functional.engine.numba.order import packed_order
from pyg_energyloss.functional.engine.numba.pages import aligned_zeros
from pyg_energyloss.functional.engine.numba.small import SMALL, small_kernel
from pyg_energyloss.functional.engine.problem import Problem
from pyg_energyloss.functional.engine.self_images import self_image_energy
from pyg_energyloss.functional.geometry.distance import COINCIDENT
from pyg_energyloss.radial import Form, RadialForm, TableForm

#: A thread is worth its start for this many pairs of the complete graph, or edges.
PAIRS_PER_THREAD = 300_000
EDGES_PER_THREAD = 50_000
#: With a cutoff, graphs of more atoms than this are sorted in space.
SORTED = 4 * LANES
#: Graphs whose numbers a float32 can hold.
_FLOAT_GRAPHS = 1 << 24

_UNIT = RadialForm(Form.CONSTANT, 1.0)
_KINDS: dict[torch.dtype, Any] = {torch.float32: np.float32, torch.float64: np.float64}
_NUMBERS = [0.0, 1.0, 2.0, COINCIDENT, 0.5]
_CONSTANTS: dict[Any, Any] = {kind: np.array(_NUMBERS, dtype=kind) for kind in _KINDS.values()}
_SHARES: dict[Any, Any] = {kind: block_shares(kind) for kind in _KINDS.values()}
_EMPTY = np.zeros(0, dtype=np.int64)


def energy_gradient(problem: Problem) -> tuple[Tensor, Tensor]:
    """Return the energy of each graph [num_graphs] and its gradient [num_nodes, dim].

    Energies are float64. Structures so large that squares overflow are computed again in float64,
    and the largest of that in units in which they do not.

    Raises:
        ValueError: an entry of `batch` or `edge_index` is out of range, or a column of `edge_index`
            joins two graphs.
    """
    solve = _complete if problem.edge_index is None else _sparse
    energy, gradient = solve(problem)
    if np.isfinite(energy.sum()) or not _all_finite(problem):
        return torch.from_numpy(energy), gradient
    if problem.pos.dtype == torch.float32:
        return energy_gradient(_in_double(problem))
    again, gradient = torch_engine.energy_gradient(problem)
    if problem.factor is None:
        return again, gradient
    return again * problem.factor, gradient * problem.per_node(problem.factor)


def _all_finite(problem: Problem) -> bool:
    return bool(problem.pos.isfinite().all()) and bool(problem.rest.isfinite().all())


def _in_double(problem: Problem) -> Problem:
    names = ("pos", "rest", "weight", "shift", "factor", "node_weight")
    tensors = {name: getattr(problem, name) for name in names}
    return replace(problem, **{n: t.double() for n, t in tensors.items() if t is not None})


class _Springs(NamedTuple):
    """What the kernels are compiled for, and the numbers they are given."""

    form: int
    shape: int
    single: bool
    cut: bool
    strength: NDArray[Any]
    numbers: NDArray[Any]


def _springs_of(problem: Problem) -> _Springs:
    law = problem.law.radial if isinstance(problem.law, TableForm) else problem.law
    if not isinstance(law, RadialForm):
        law = _UNIT
    if isinstance(problem.well, Handle):
        raise TypeError("a potential that is no form has no kernel; use the plain-torch engine")
    kind = _KINDS[problem.pos.dtype]
    if problem.factor is None:
        strength = np.full(problem.num_graphs, law.strength, dtype=kind)
    else:
        strength = problem.factor.detach().numpy() * kind(law.strength)
    cutoff = problem.cutoff
    reach = math.inf if cutoff is None else cutoff * cutoff
    numbers = np.array([law.parameter, problem.well.parameter, reach], dtype=kind)
    single = problem.pos.dtype == torch.float32
    code, shape = int(law.form), int(problem.well.form)
    return _Springs(code, shape, single, cutoff is not None, strength, numbers)


def _complete(problem: Problem) -> tuple[NDArray[np.float64], Tensor]:
    nodes, graphs = problem.pos.size(0), problem.num_graphs
    kind = _KINDS[problem.pos.dtype]
    form, shape, single, cut, strength, numbers = _springs_of(problem)
    sizes, order = _segments(problem, cut)
    ptr = np.zeros(graphs + 1, dtype=np.int64)
    np.cumsum(sizes, out=ptr[1:])
    table, kinds = _table_of(problem, kind)
    weight = (
        _CONSTANTS[kind][:0]
        if problem.node_weight is None
        else problem.node_weight.detach().numpy()
    )
    pos, rest = problem.pos.detach(), problem.rest.detach()
    if order is not None:
        pos, rest = pos[order], rest[order]
        kinds = kinds if not kinds.size else kinds[order.numpy()]
        weight = weight if not weight.size else weight[order.numpy()]
    special = bool(kinds.size or weight.size)
    largest = int(sizes.max(initial=1))
    count = threads.thread_count(int(sizes @ sizes), PAIRS_PER_THREAD)
    sheets = count if largest > SMALL else 1
    energies = np.zeros((sheets, graphs))
    gradients = np.zeros((sheets, nodes, pos.size(1)), dtype=kind)
    given = (pos.numpy(), rest.numpy(), ptr, strength, table, kinds, weight, numbers)
    if largest <= SMALL:
        small = small_kernel(form, shape, single, pos.size(1), cut, special)

        def task(thread: int, workers: int) -> None:
            first, last = graphs * thread // workers, graphs * (thread + 1) // workers
            work = (_CONSTANTS[kind], *numba_small.work_rows(kind), first, last)
            small(*given, *work, energies[0], gradients[0])
    else:
        tiled = complete_kernel(form, shape, single, cut, special)
        tiles = (largest + LANES - 1) // LANES

        def task(thread: int, workers: int) -> None:
            tile = np.empty((tiles, (ROWS + len(table)) * LANES), dtype=kind)
            box = np.empty((tiles if cut else 0, 6), dtype=kind)
            work = (_CONSTANTS[kind], _SHARES[kind], tile, box, thread, workers)
            tiled(*given, *work, energies[thread], gradients[thread])

    threads.run(task, count)
    energy = energies[0] if sheets == 1 else energies.sum(axis=0)
    gradient = torch.from_numpy(gradients[0] if sheets == 1 else gradients.sum(axis=0))
    if order is not None:
        gradient = torch.empty_like(gradient).index_copy_(0, order, gradient)
    return energy, gradient


def _segments(problem: Problem, cut: bool) -> tuple[NDArray[np.int64], Tensor | None]:
    """Atoms of each graph, and the order of the atoms that makes graphs contiguous, if not None."""
    order: Tensor | None = None
    if problem.batch is None:
        sizes = np.array([problem.pos.size(0)])
    else:
        batch = problem.batch.numpy()
        check_batch(problem.batch, problem.num_graphs)
        sizes = np.bincount(batch, minlength=problem.num_graphs)
        if (batch[1:] < batch[:-1]).any():
            order = torch.argsort(problem.batch, stable=True)
    if cut and int(sizes.max(initial=0)) > SORTED:
        places = np.arange(problem.pos.size(0)) if order is None else order.numpy()
        points, start = problem.rest.detach().numpy(), 0
        for size in sizes.tolist():
            if size > SORTED:
                mine = places[start : start + size]
                places[start : start + size] = mine[packed_order(points[mine])]
            start += size
        order = torch.from_numpy(places)
    return sizes, order


def _table_of(problem: Problem, kind: Any) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """The factors between the kinds of atoms that are there, and the kind of every atom."""
    if not isinstance(problem.law, TableForm):
        return _CONSTANTS[kind][1:2].reshape(1, 1), _EMPTY
    present, kinds = np.unique(problem.law.kind.numpy(), return_inverse=True)
    table = problem.law.table.numpy().astype(kind)
    return np.ascontiguousarray(table[np.ix_(present, present)]), kinds.astype(np.int64)


def _sparse(problem: Problem) -> tuple[NDArray[np.float64], Tensor]:
    if problem.num_graphs > _FLOAT_GRAPHS and problem.pos.dtype == torch.float32:
        problem = _in_double(problem)
    pos, edge_index = problem.pos.detach(), problem.edge_index
    if edge_index is None:
        raise ValueError("`edge_index` is missing; complete graphs have a kernel of their own")
    if problem.batch is not None:
        check_batch(problem.batch, problem.num_graphs)
    source, target = edge_index[0].numpy(), edge_index[1].numpy()
    kind = _KINDS[pos.dtype]
    none = np.zeros(0, dtype=kind)
    weight = none if problem.weight is None else problem.weight.detach().numpy()
    shift = none.reshape(0, 3) if problem.shift is None else problem.shift.detach().numpy()
    form, shape, single, cut, strength, numbers = _springs_of(problem)
    kernel = numba_sparse.sparse_kernel(form, shape, single, cut)
    count = threads.thread_count(source.size, EDGES_PER_THREAD)
    energies = np.zeros((count, problem.num_graphs))
    nodes = [_packed(problem) for _ in range(count)]
    checks = np.zeros((count, 2), dtype=np.uint64)
    bounds = np.linspace(0, source.size, count + 1).astype(np.int64)

    def visit(lower: bool) -> None:
        def task(thread: int, _workers: int) -> None:
            kernel(
                nodes[thread],
                pos.size(1),
                source,
                target,
                weight,
                shift,
                strength,
                numbers,
                _CONSTANTS[kind],
                *numba_sparse.work_rows(kind),
                lower,
                bounds[thread],
                bounds[thread + 1],
                energies[thread],
                checks[thread],
            )

        threads.run(task, count)
        if checks[:, 1].any():
            check_columns(edge_index, problem.batch, len(pos))

    visit(lower=False)
    twice = not checks[:, 0].sum(dtype=np.uint64)
    if not twice:
        visit(lower=True)
    gradient = torch.zeros_like(pos)
    for node in nodes:
        gradient += torch.from_numpy(node)[:, 6 : 6 + pos.size(1)]
    if twice:
        energies *= 2.0
        gradient *= 2.0
    energy, constant = energies.sum(axis=0), self_image_energy(problem)
    return energy if constant is None else energy + constant.detach().numpy(), gradient


def _packed(problem: Problem) -> NDArray[np.floating]:
    """Position, rest position, gradient and graph of an atom in one line of the cache."""
    nodes, dim = problem.pos.shape
    node = aligned_zeros(nodes, numba_sparse.WIDTH, problem.pos.dtype)
    pos, rest = problem.pos.detach(), problem.rest.detach()
    node[:, :dim], node[:, 3 : 3 + dim], node[:, 9 : 9 + dim] = pos, rest, pos - rest
    if problem.batch is not None:
        node[:, numba_sparse.GRAPH] = problem.batch
    return node.numpy()  # type: ignore[no-any-return]
