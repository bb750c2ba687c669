"""The pair energy as a differentiable operation: gradient with the energy, double backward.

Three faces of the same functions: a `torch.autograd.Function` for eager code, which costs least per
call, another for the transforms of torch.func, and a custom operator that torch.compile treats as
one opaque node.
"""

from __future__ import annotations

import os
from typing import Any, cast

import torch
from torch import Tensor

from pyg_energyloss.functional.engine import dispatch, operands
from pyg_energyloss.functional.engine.hessian import (
    TENSORS,
    emptied,
    filled,
    hessian_times,
    pulled_back,
)
from pyg_energyloss.functional.engine.problem import Problem
from pyg_energyloss.functional.engine.stacked import Stack
from pyg_energyloss.functional.graphs import graph_sum
from pyg_energyloss.functional.saturate import clamp_finite, saturate
from pyg_energyloss.functional.transformed import transforms_are_active

#: An energy below this has a gradient far inside the range of float32, by Cauchy-Schwarz.
_CALM = 1e30


def _solve(problem: Problem) -> tuple[Tensor, Tensor, bool]:
    """Energies, of at least float32, and gradient in the dtype of the positions, all finite.

    The flag says that nothing was near the end of the range, so later clamps can be left out.
    """
    pos = problem.pos
    wanted = os.environ.get(dispatch.ENGINE_VARIABLE, "auto")
    listed = problem.edge_index is not None
    law, well = cast("Any", type(problem.law)), cast("Any", type(problem.well))
    solve = dispatch.solver_for(pos.device.type, pos.size(1), law, well, listed, wanted)
    energy, gradient = solve(problem)
    eager = energy.is_cpu and not torch.compiler.is_compiling()
    if eager and energy.numel() and gradient.dtype == pos.dtype and energy.max().item() < _CALM:
        return energy, gradient, True
    # Autograd adds the gradients of the terms of a law or of a loss.
    return clamp_finite(energy, energy.dtype), clamp_finite(gradient, pos.dtype, terms=64), False


class _SpringEnergy(torch.autograd.Function):
    """Energies [num_graphs], or their total, and the gradient, differentiable once more."""

    @staticmethod
    def forward(ctx: Any, pos: Tensor, problem: Problem) -> tuple[Tensor, Tensor]:
        energy, gradient, ctx.calm = _solve(problem)
        ctx.set_materialize_grads(False)
        tensors = (problem.rest, problem.weight, problem.shift, problem.factor, problem.node_weight)
        kept = (gradient, pos, problem.batch, problem.edge_index, *tensors)
        ctx.save_for_backward(*kept)
        ctx.save_for_forward(*kept)
        ctx.options = (problem.num_graphs, problem.law, problem.well, problem.cutoff, problem.total)
        if problem.total:
            energy = energy.sum()
        energy = energy.to(pos.dtype) if ctx.calm else clamp_finite(energy, pos.dtype)
        return energy, gradient

    @staticmethod
    def backward(ctx: Any, *grads: Tensor | None) -> Any:  # type: ignore[override]
        if grads[1] is None and ctx.calm and ctx.options[-1] and grads[0] is not None:
            return ctx.saved_tensors[0] * grads[0], None
        problem, gradient = _SpringEnergy._kept(ctx)
        return pulled_back(problem, gradient, ctx.calm, (grads[0], grads[1])), None

    @staticmethod
    def jvp(ctx: Any, *tangents: Any) -> Any:
        problem, gradient = _SpringEnergy._kept(ctx)
        moved = (gradient * tangents[0]).sum(dim=1)
        if problem.total:
            energy = moved.sum()
        else:
            energy = graph_sum(moved, problem.batch, problem.num_graphs)
        return energy, hessian_times(tangents[0], problem)

    @staticmethod
    def _kept(ctx: Any) -> tuple[Problem, Tensor]:
        gradient, pos, batch, edge_index, rest, weight, shift, factor, share = ctx.saved_tensors
        graphs, law, well, cutoff, total = ctx.options
        lists = (edge_index, weight, shift, factor, well, cutoff, share, total)
        return Problem(pos, rest, batch, graphs, law, *lists), gradient


class _Transformed(torch.autograd.Function):
    """The same for transforms of torch.func, always by graph; a call costs more."""

    @staticmethod
    def forward(pos: Tensor, problem: Problem, *tensors: Tensor | None) -> Any:
        energy, gradient, calm = _solve(filled(problem, pos, tensors))
        return clamp_finite(energy, pos.dtype), gradient, calm

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        pos, ctx.problem, *tensors = inputs
        _, gradient, ctx.calm = output
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(gradient, pos, *tensors)
        ctx.save_for_forward(gradient, pos, *tensors)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:  # type: ignore[override]
        gradient, pos, *tensors = ctx.saved_tensors
        problem = filled(ctx.problem, pos, tuple(tensors))
        return pulled_back(problem, gradient, ctx.calm, grads[:2]), None, *[None for _ in TENSORS]

    @staticmethod
    def jvp(ctx: Any, *tangents: Any) -> Any:
        gradient, pos, *tensors = ctx.saved_tensors
        if any(tangent is not None for tangent in tangents[2:]):
            raise NotImplementedError(
                "forward derivatives of the pair energy are those of `pos_pred` alone; "
                "differentiate pyg_energyloss.functional.edge_energy, which is plain torch"
            )
        moved = (gradient * tangents[0]).sum(dim=1)
        energy = graph_sum(moved, ctx.problem.batch, ctx.problem.num_graphs)
        problem = filled(ctx.problem, pos, tuple(tensors))
        return energy, hessian_times(tangents[0], problem), None

    @staticmethod
    def vmap(info: Any, in_dims: tuple[Any, ...], *inputs: Any) -> Any:
        pos, problem, *tensors = inputs
        stack = Stack(info.batch_size, problem, pos, in_dims[0])
        flat = [stack.flat(*pair) for pair in zip(tensors, in_dims[2:], strict=True)]
        places = stack.flat(pos, in_dims[0])
        energy, gradient, calm = _Transformed.apply(places, stack.problem, *flat)
        return (stack.apart(energy), stack.apart(gradient), calm), (0, 0, None)


@torch.library.custom_op("pyg_energyloss::spring_energy", mutates_args=())
def _spring_energy(  # noqa: PLR0917 - an operator's schema has no keywords here
    pos: Tensor,
    rest: Tensor,
    batch: Tensor | None,
    edge_index: Tensor | None,
    weight: Tensor | None,
    shift: Tensor | None,
    node_weight: Tensor | None,
    table: Tensor | None,
    kind: Tensor | None,
    graphs: int,
    form: int,
    strength: float,
    parameter: float,
    handle: int,
    shape: int,
    width: float,
    well_handle: int,
    cutoff: float,
) -> tuple[Tensor, Tensor]:
    tensors = (pos, rest, batch, edge_index, weight, shift, node_weight, table, kind)
    law = (graphs, form, strength, parameter, handle)
    problem = operands.unpacked((*tensors, *law, shape, width, well_handle, cutoff))
    energy, gradient, _ = _solve(problem)
    return clamp_finite(energy, pos.dtype), gradient


@_spring_energy.register_fake
def _(pos: Tensor, *others: Any) -> tuple[Tensor, Tensor]:
    return pos.new_empty(others[operands.GRAPHS - 1]), torch.empty_like(pos)


def _save_operands(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, Tensor]) -> None:
    ctx.set_materialize_grads(False)
    ctx.save_for_backward(output[1], *inputs[: operands.TENSORS])
    ctx.numbers = inputs[operands.TENSORS :]


def _backward_operator(ctx: Any, *grads: Tensor | None) -> Any:
    gradient, *tensors = ctx.saved_tensors
    problem = operands.unpacked((*tensors, *ctx.numbers))
    others = len(tensors) + len(ctx.numbers) - 1
    return (pulled_back(problem, gradient, False, (grads[0], grads[1])), *([None] * others))


_spring_energy.register_autograd(_backward_operator, setup_context=_save_operands)


def spring_energy(problem: Problem) -> Tensor:
    """Return the energy of each graph [num_graphs], twice differentiable in ``problem.pos``.

    Or that of all graphs [], if ``problem.total``. Compiled code multiplies by ``problem.factor``
    itself.
    """
    energy: Tensor
    if torch.compiler.is_compiling():
        energy = _spring_energy(*operands.packed(problem))[0]
        energy = energy if problem.factor is None else energy * problem.factor
    elif transforms_are_active():
        tensors = [getattr(problem, name) for name in TENSORS]
        energy = _Transformed.apply(problem.pos, emptied(problem), *tensors)[0]
    else:
        energy = _SpringEnergy.apply(problem.pos, problem)[0]
        return energy
    return saturate(energy.sum(), energy.dtype) if problem.total else energy
