"""The CPU engine: numba kernels with the energy and its gradient in one pass."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pyg_energyloss.functional.distance import COINCIDENT
from pyg_energyloss.functional.engine.numba import small as numba_small
from pyg_energyloss.functional.engine.numba import sparse as numba_sparse
from pyg_energyloss.functional.engine.numba import threads
from pyg_energyloss.functional.engine.numba.complete import (
    LANES,
    ROWS,
    block_shares,
    complete_kernel,
)
from pyg_energyloss.functional.engine.numba.pages import aligned_zeros
from pyg_energyloss.functional.engine.numba.small import SMALL, small_kernel
from pyg_energyloss.functional.engine.problem import Problem, graph_scale, rescaled
from pyg_energyloss.radial import Form, RadialForm

#: A thread is worth its start for this many pairs of the complete graph, or edges.
PAIRS_PER_THREAD = 300_000
EDGES_PER_THREAD = 50_000

_UNIT = RadialForm(Form.CONSTANT, 1.0)
_KINDS: dict[torch.dtype, Any] = {torch.float32: np.float32, torch.float64: np.float64}
_NUMBERS = [0.0, 1.0, 2.0, COINCIDENT, 0.5]
_CONSTANTS: dict[Any, Any] = {kind: np.array(_NUMBERS, dtype=kind) for kind in _KINDS.values()}
_SHARES: dict[Any, Any] = {kind: block_shares(kind) for kind in _KINDS.values()}
_EMPTY = np.zeros(0, dtype=np.int64)


def energy_gradient(problem: Problem) -> tuple[Tensor, Tensor]:
    """Return the energy of each graph [num_graphs] and its gradient [num_nodes, dim].

    Energies are float64. Structures so large that squares overflow are computed again in units
    in which they do not.

    Raises:
        ValueError: an entry of `batch` or `edge_index` is out of range.
    """
    solve = _complete if problem.edge_index is None else _sparse
    energy, gradient = solve(problem, None)
    if not np.isfinite(energy.sum()) and bool(problem.pos.isfinite().all()):
        scale = graph_scale(problem)
        nodes = len(problem.pos)
        node_scale = scale[problem.batch] if problem.batch is not None else scale.expand(nodes)
        energy, gradient = solve(rescaled(problem, node_scale), scale)
        wide = scale.double()
        return torch.from_numpy(energy) / wide / wide, gradient / node_scale[:, None]
    return torch.from_numpy(energy), gradient


def _numbers_of(problem: Problem, scale: Tensor | None) -> tuple[Any, ...]:
    """Form, strength by graph and parameter of the law, and the unit of length by graph."""
    law = problem.law if isinstance(problem.law, RadialForm) else _UNIT
    kind = _KINDS[problem.pos.dtype]
    unit = (1.0 / scale).numpy() if scale is not None else np.ones(problem.num_graphs, dtype=kind)
    if problem.factor is None:
        strength = np.full(problem.num_graphs, law.strength, dtype=kind)
    else:
        strength = problem.factor.numpy() * kind(law.strength)
    return int(law.form), strength, kind(law.parameter), unit


def _complete(problem: Problem, scale: Tensor | None) -> tuple[NDArray[np.float64], Tensor]:
    pos, rest, ptr, order = problem.pos, problem.rest, _EMPTY, None
    nodes, graphs = pos.size(0), problem.num_graphs
    if problem.batch is None:
        ptr, sizes = np.array([0, nodes]), np.array([nodes])
    else:
        batch = problem.batch.numpy()
        sizes = _segment_sizes(batch, graphs)
        if (batch[1:] < batch[:-1]).any():
            order = torch.argsort(problem.batch, stable=True)
            pos, rest = pos[order], rest[order]
        ptr = np.zeros(graphs + 1, dtype=np.int64)
        np.cumsum(sizes, out=ptr[1:])
    form, strength, parameter, unit = _numbers_of(problem, scale)
    kind, single = _KINDS[pos.dtype], pos.dtype == torch.float32
    largest = int(sizes.max(initial=1))
    count = threads.thread_count(int(sizes @ sizes), PAIRS_PER_THREAD)
    sheets = count if largest > SMALL else 1
    energies = np.zeros((sheets, graphs))
    gradients = np.zeros((sheets, nodes, pos.size(1)), dtype=kind)
    given = (pos.numpy(), rest.numpy(), ptr, strength, parameter, unit, _CONSTANTS[kind])
    if largest <= SMALL:
        small = small_kernel(form, single, pos.size(1))

        def task(thread: int, workers: int) -> None:
            first, last = graphs * thread // workers, graphs * (thread + 1) // workers
            small(*given, *numba_small.work_rows(kind), first, last, energies[0], gradients[0])
    else:
        tiled = complete_kernel(form, single)
        tiles = (largest + LANES - 1) // LANES

        def task(thread: int, workers: int) -> None:
            tile = np.empty((tiles, ROWS * LANES), dtype=kind)
            written = (energies[thread], gradients[thread])
            tiled(*given, _SHARES[kind], tile, thread, workers, *written)

    threads.run(task, count)
    energy = energies[0] if sheets == 1 else energies.sum(axis=0)
    gradient = torch.from_numpy(gradients[0] if sheets == 1 else gradients.sum(axis=0))
    if order is not None:
        gradient = torch.empty_like(gradient).index_copy_(0, order, gradient)
    return energy, gradient


def _segment_sizes(batch: NDArray[np.int64], graphs: int) -> NDArray[np.int64]:
    """Atoms of each graph; an entry out of range would write outside the arrays."""
    sizes = np.bincount(batch, minlength=graphs) if batch.min(initial=0) >= 0 else None
    if sizes is None or sizes.size > graphs:
        raise ValueError(
            f"`batch` must be between 0 and num_graphs - 1 = {graphs - 1}, "
            f"got {batch.min()} to {batch.max()}"
        )
    return sizes


def _sparse(problem: Problem, scale: Tensor | None) -> tuple[NDArray[np.float64], Tensor]:
    pos, edge_index = problem.pos, problem.edge_index
    if edge_index is None:
        raise ValueError("`edge_index` is missing; complete graphs have a kernel of their own")
    source, target = edge_index[0].numpy(), edge_index[1].numpy()
    kind = _KINDS[pos.dtype]
    none = np.zeros(0, dtype=kind)
    weight = none if problem.weight is None else problem.weight.numpy()
    shift = none.reshape(0, 3) if problem.shift is None else problem.shift.numpy()
    batch = _EMPTY if problem.batch is None else problem.batch.long().numpy()
    form, strength, parameter, unit = _numbers_of(problem, scale)
    kernel = numba_sparse.sparse_kernel(form, pos.dtype == torch.float32)
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
                batch,
                strength,
                parameter,
                unit,
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
            raise ValueError(
                f"`edge_index` must be between 0 and num_nodes - 1 = {len(pos) - 1}, "
                f"got {source.min()} to {max(source.max(), target.max())}"
            )

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
    return energies.sum(axis=0), gradient


def _packed(problem: Problem) -> NDArray[np.floating]:
    """Position, rest position and room for the gradient of an atom in one line of the cache."""
    nodes, dim = problem.pos.shape
    node = aligned_zeros(nodes, 16, problem.pos.dtype)
    node[:, :dim] = problem.pos
    node[:, 3 : 3 + dim] = problem.rest
    node[:, 9 : 9 + dim] = problem.pos - problem.rest
    return node.numpy()  # type: ignore[no-any-return]
