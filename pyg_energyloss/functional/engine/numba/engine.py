"""The CPU engine: numba kernels with the energy and its gradient in one pass."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pyg_energyloss.functional.engine import torch_engine
from pyg_energyloss.functional.engine.checks import check_batch, check_springs
from pyg_energyloss.functional.engine.handles import Handle
from pyg_energyloss.functional.engine.numba import small as numba_small
from pyg_energyloss.functional.engine.numba import sparse as numba_sparse
from pyg_energyloss.functional.engine.numba import threads
from pyg_energyloss.functional.engine.numba.complete import (
    LANES,
    PARTY,
    ROWS,
    block_shares,
    complete_kernel,
)
from pyg_energyloss.functional.engine.numba.formulas import REACH, numbers_of
from pyg_energyloss.functional.engine.numba.order import packed_order
from pyg_energyloss.functional.engine.numba.small import SMALL, small_kernel
from pyg_energyloss.functional.engine.numba.table import WIDTH, aligned_zeros, table_kernels
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
_CONSTANTS: dict[Any, Any] = {
    kind: np.array([0.0, 1.0, 2.0, COINCIDENT, 0.5], dtype=kind) for kind in _KINDS.values()
}
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
    if math.isfinite(energy.sum()) or not _all_finite(problem):
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


#: What a kernel is given, but for the parameters of a call.
_NUMBERS = {kind: numbers_of(kind, 0.0, 0.0, 0.0) for kind in (np.float32, np.float64)}


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
    cutoff, well = problem.cutoff, problem.well
    reach = math.inf if cutoff is None else cutoff * cutoff
    numbers = _NUMBERS[kind].copy()
    numbers[: REACH + 1] = law.parameter, well.parameter, reach
    single, code, shape = kind is np.float32, int(law.form), int(well.form)
    return _Springs(code, shape, single, cutoff is not None, strength, numbers)


def _complete(problem: Problem) -> tuple[NDArray[np.float64], Tensor]:
    graphs = problem.num_graphs
    kind = _KINDS[problem.pos.dtype]
    form, shape, single, cut, strength, numbers = _springs_of(problem)
    constants = _CONSTANTS[kind]
    ptr, order = _segments(problem, cut)
    table, kinds, weight = constants[1:2].reshape(1, 1), _EMPTY, constants[:0]
    if isinstance(problem.law, TableForm):
        table, kinds = _table_of(problem.law, kind)
    if problem.node_weight is not None:
        weight = problem.node_weight.detach().numpy()
    pos, rest = problem.pos.detach(), problem.rest.detach()
    if order is not None:
        pos, rest = pos[order], rest[order]
        kinds = kinds if not kinds.size else kinds[order.numpy()]
        weight = weight if not weight.size else weight[order.numpy()]
    special = bool(kinds.size or weight.size)
    sizes = ptr[1:] - ptr[:-1]
    largest = int(sizes.max(initial=1))
    count = max(1, min(torch.get_num_threads(), int(sizes @ sizes) // PAIRS_PER_THREAD))
    sheets = count if largest > SMALL else 1
    energies = np.zeros((sheets, graphs))
    gradients = np.zeros((sheets, *pos.shape), dtype=kind)
    given = (pos.numpy(), rest.numpy(), ptr, strength, table, kinds, weight, numbers, constants)
    if largest <= SMALL:
        small = small_kernel(form, shape, single, pos.size(1), cut, special)

        def task(thread: int, workers: int) -> None:
            first, last = graphs * thread // workers, graphs * (thread + 1) // workers
            small(*given, *numba_small.work_rows(kind), first, last, energies[0], gradients[0])
    else:
        tiled = complete_kernel(form, shape, single, cut, special)
        tiles = (largest + LANES - 1) // LANES

        def task(thread: int, workers: int) -> None:
            tile = np.empty((tiles, (ROWS + len(table)) * LANES), dtype=kind)
            box = np.empty((tiles + tiles // PARTY + 1 if cut else 0, 6), dtype=kind)
            work = (_SHARES[kind], np.empty(4 * LANES, dtype=kind), tile, box, thread, workers)
            tiled(*given, *work, energies[thread], gradients[thread])

    task(0, 1) if count == 1 else threads.run(task, count)
    energy = energies[0] if sheets == 1 else energies.sum(axis=0)
    gradient = torch.from_numpy(gradients[0] if sheets == 1 else gradients.sum(axis=0))
    if order is not None:
        gradient = torch.empty_like(gradient).index_copy_(0, order, gradient)
    return energy, gradient


def _segments(problem: Problem, cut: bool) -> tuple[NDArray[np.int64], Tensor | None]:
    """Where each graph begins and ends, and the order that makes graphs contiguous, if not None."""
    order: Tensor | None = None
    if problem.batch is None:
        ptr = np.array((0, problem.pos.size(0)), dtype=np.int64)
    else:
        batch, graphs = problem.batch.numpy(), problem.num_graphs
        sorted_by_graph = bool((batch[1:] >= batch[:-1]).all())
        # Of sorted numbers the first and the last are the smallest and the largest.
        if not sorted_by_graph or (batch.size and not 0 <= batch[0] <= batch[-1] < graphs):
            check_batch(problem.batch, graphs)
            order = torch.argsort(problem.batch, stable=True)
            batch = batch[order.numpy()]
        ptr = batch.searchsorted(np.arange(graphs + 1))
    if cut:
        order = _in_space(problem, ptr, order)
    return ptr, order


def _in_space(problem: Problem, ptr: NDArray[np.int64], order: Tensor | None) -> Tensor | None:
    """The order with the atoms of large graphs sorted in space."""
    large = [(low, high) for low, high in itertools.pairwise(ptr.tolist()) if high - low > SORTED]
    if not large:
        return order
    places = np.arange(problem.pos.size(0)) if order is None else order.numpy()
    points = problem.rest.detach().numpy()
    for low, high in large:
        mine = places[low:high]
        places[low:high] = mine[packed_order(points[mine])]
    return torch.from_numpy(places)


def _table_of(law: TableForm, kind: Any) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """The factors between the kinds of atoms that are there, and the kind of every atom."""
    present, kinds = np.unique(law.kind.numpy(), return_inverse=True)
    table = law.table.numpy().astype(kind)
    return np.ascontiguousarray(table[np.ix_(present, present)]), kinds.astype(np.int64)


def _sparse(problem: Problem) -> tuple[NDArray[np.float64], Tensor]:
    if problem.num_graphs > _FLOAT_GRAPHS and problem.pos.dtype == torch.float32:
        problem = _in_double(problem)
    pos, edge_index, batch = problem.pos.detach(), problem.edge_index, problem.batch
    if edge_index is None:
        raise ValueError("`edge_index` is missing; complete graphs have a kernel of their own")
    source, target = edge_index.numpy()
    kind, nodes = _KINDS[pos.dtype], pos.size(0)
    none = _CONSTANTS[kind][:0]
    weight = none if problem.weight is None else problem.weight.detach().numpy()
    shift = none.reshape(0, 3) if problem.shift is None else problem.shift.detach().numpy()
    form, shape, single, cut, strength, numbers = _springs_of(problem)
    kernel = numba_sparse.sparse_kernel(form, shape, single, cut)
    count = max(1, min(torch.get_num_threads(), source.size // EDGES_PER_THREAD))
    energies = np.zeros((count, problem.num_graphs))
    if batch is not None and nodes and not 0 <= batch.min() <= batch.max() < problem.num_graphs:
        check_batch(batch, problem.num_graphs)
    fill, read = table_kernels(kind)
    tables = aligned_zeros(count * nodes, WIDTH, pos.dtype).numpy().reshape(count, nodes, WIDTH)
    graph = _EMPTY if batch is None else batch.contiguous().numpy()
    points = pos.contiguous().numpy(), problem.rest.detach().contiguous().numpy()
    for table in tables:
        fill(table, *points, graph)
    rows = np.zeros((count, *numba_sparse.ROWS), dtype=kind)
    ends = np.zeros((count, *numba_sparse.ENDS), dtype=np.int64)
    checks = np.zeros((count, 3), dtype=np.uint64)
    bounds = np.linspace(0, source.size, count + 1).astype(np.int64)
    springs = (source, target, weight, shift, strength, numbers, _CONSTANTS[kind])
    dim = pos.size(1)
    for lower in (False, True):
        both = itertools.repeat(lower)
        own = [*zip(rows, ends, both, bounds, bounds[1:], energies, checks, strict=False)]
        if count == 1:
            kernel(tables[0], dim, *springs, *own[0])
        else:

            def task(thread: int, _workers: int, own: Any = own) -> None:
                kernel(tables[thread], dim, *springs, *own[thread])

            threads.run(task, count)
        if checks[:, 1].any():
            check_springs(edge_index, batch, problem.num_graphs, nodes)
        twice = not lower and not checks[:, 0].sum(dtype=np.uint64)
        if twice or not checks[:, 2].any():
            break
    factor = np.array([2.0 if twice else 1.0], dtype=kind)
    gradient = np.zeros(pos.shape, dtype=kind)
    read(tables, factor, gradient)
    energy = energies.sum(axis=0) * float(factor[0])
    constant = None if problem.shift is None else self_image_energy(problem)
    total = energy if constant is None else energy + constant.detach().numpy()
    return total, torch.from_numpy(gradient)
