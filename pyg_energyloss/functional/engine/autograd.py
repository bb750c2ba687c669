"""The pair energy as a differentiable operation: gradient with the energy, double backward.

Two faces of the same functions: a `torch.autograd.Function` for eager code, which costs less per
call and knows torch.func, and a custom operator that torch.compile treats as one opaque node.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from pyg_energyloss.functional.engine import dispatch, handles, torch_engine
from pyg_energyloss.functional.engine.problem import Problem
from pyg_energyloss.functional.engine.stacked import Stack
from pyg_energyloss.functional.graphs import graph_sum
from pyg_energyloss.functional.saturate import clamp_finite
from pyg_energyloss.functional.transformed import is_transformed, without_level
from pyg_energyloss.radial import Form, RadialForm, TableForm, Well, WellForm

#: An energy below this has a gradient far inside the range of float32, by Cauchy-Schwarz.
_CALM = 1e30

#: The floating tensors of a problem, which the functions take one by one: transforms of torch.func
#: act on arguments.
_TENSORS = ("rest", "weight", "shift", "factor", "node_weight")


def _solve(problem: Problem) -> tuple[Tensor, Tensor, bool]:
    """Energies and gradient in the dtype of the positions, finite where the input is.

    The flag says that nothing was near the end of the range, so later clamps can be left out.
    """
    energy, gradient = dispatch.energy_gradient(problem)
    dtype = problem.pos.dtype
    eager = energy.is_cpu and not torch.compiler.is_compiling()
    if eager and energy.numel() and gradient.dtype == dtype and energy.max().item() < _CALM:
        return energy.to(dtype), gradient, True
    return clamp_finite(energy, dtype), clamp_finite(gradient, dtype), False


def _filled(problem: Problem, pos: Tensor, tensors: tuple[Tensor | None, ...]) -> Problem:
    """The problem with its tensors, which the functions carry as arguments."""
    named: dict[str, Any] = dict(zip(_TENSORS, tensors, strict=True))
    return replace(problem, pos=pos, **named)


def _emptied(problem: Problem) -> Problem:
    """The problem without the tensors that are saved or passed beside it."""
    empty: dict[str, Any] = dict.fromkeys(_TENSORS[1:])
    nothing = torch.empty(0)
    for name in ("batch", "edge_index"):
        index = getattr(problem, name)
        empty[name] = None if index is None else without_level(index)
    law = problem.law
    if isinstance(law, TableForm):
        law = replace(law, table=without_level(law.table), kind=without_level(law.kind))
    return replace(problem, pos=nothing, rest=nothing, law=law, **empty)


class _HessianVector(torch.autograd.Function):
    """Hessian times vector: linear in the vector, not differentiable in the positions."""

    @staticmethod
    def forward(vector: Tensor, pos: Tensor, problem: Problem, *tensors: Tensor | None) -> Tensor:
        whole = _filled(problem, pos, tensors)
        product = torch_engine.hessian_vector(whole, vector)
        if whole.factor is not None:
            product = product * whole.per_node(whole.factor)
        return clamp_finite(product, pos.dtype)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:  # noqa: ARG004
        _, pos, ctx.problem, *tensors = inputs
        ctx.save_for_backward(pos, *tensors)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Any:  # type: ignore[override]
        if ctx.needs_input_grad[1]:
            raise NotImplementedError(
                "third derivatives of the pair energy are not provided; differentiate "
                "pyg_energyloss.functional.edge_energy, which is plain torch"
            )
        pos, *tensors = ctx.saved_tensors
        product = _HessianVector.apply(grad, pos, ctx.problem, *tensors)
        return product, None, None, *[None for _ in _TENSORS]

    @staticmethod
    def vmap(info: Any, in_dims: tuple[Any, ...], *inputs: Any) -> tuple[Tensor, int]:
        vector, pos, problem, *tensors = inputs
        stack = Stack(info.batch_size, problem, pos, in_dims[1])
        flat = [stack.flat(*pair) for pair in zip(tensors, in_dims[3:], strict=True)]
        moved, places = stack.flat(vector, in_dims[0]), stack.flat(pos, in_dims[1])
        product = _HessianVector.apply(moved, places, stack.problem, *flat)
        return stack.apart(product), 0


def _backward(
    problem: Problem, gradient: Tensor, calm: bool, grads: tuple[Tensor | None, Tensor | None]
) -> Tensor | None:
    grad_energy, grad_gradient = grads
    result: Tensor | None = None
    if grad_energy is not None:
        # The gradient of a plain sum is one number, expanded.
        alike = grad_energy.numel() > 0 and grad_energy.stride() == (0,)
        result = gradient * (grad_energy[:1] if alike else problem.per_node(grad_energy))
    if grad_gradient is not None:
        tensors = [getattr(problem, name) for name in _TENSORS]
        product: Tensor = _HessianVector.apply(
            grad_gradient, problem.pos, _emptied(problem), *tensors
        )
        result = product if result is None else result + product
    calm = calm and grad_gradient is None
    return result if result is None or calm else clamp_finite(result, result.dtype)


class _SpringEnergy(torch.autograd.Function):
    """Energies [num_graphs] and their gradient, which is differentiable once more."""

    @staticmethod
    def forward(ctx: Any, pos: Tensor, problem: Problem) -> tuple[Tensor, Tensor]:
        energy, gradient, ctx.calm = _solve(problem)
        ctx.set_materialize_grads(False)
        tensors = [getattr(problem, name) for name in _TENSORS]
        ctx.save_for_backward(gradient, pos, problem.batch, problem.edge_index, *tensors)
        ctx.options = (problem.num_graphs, problem.law, problem.well, problem.cutoff)
        return energy, gradient

    @staticmethod
    def backward(ctx: Any, *grads: Tensor | None) -> Any:  # type: ignore[override]
        gradient, pos, batch, edge_index, rest, weight, shift, factor, share = ctx.saved_tensors
        graphs, law, well, cutoff = ctx.options
        lists = (edge_index, weight, shift, factor, well, cutoff, share)
        problem = Problem(pos, rest, batch, graphs, law, *lists)
        return _backward(problem, gradient, ctx.calm, (grads[0], grads[1])), None


class _Transformed(torch.autograd.Function):
    """The same for transforms of torch.func and forward derivatives; a call costs more."""

    @staticmethod
    def forward(pos: Tensor, problem: Problem, *tensors: Tensor | None) -> Any:
        energy, gradient, calm = _solve(_filled(problem, pos, tensors))
        return energy, gradient, calm

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
        problem = _filled(ctx.problem, pos, tuple(tensors))
        return _backward(problem, gradient, ctx.calm, grads[:2]), None, *[None for _ in _TENSORS]

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
        return energy, _HessianVector.apply(tangents[0], pos, ctx.problem, *tensors), None

    @staticmethod
    def vmap(info: Any, in_dims: tuple[Any, ...], *inputs: Any) -> Any:
        pos, problem, *tensors = inputs
        stack = Stack(info.batch_size, problem, pos, in_dims[0])
        flat = [stack.flat(*pair) for pair in zip(tensors, in_dims[2:], strict=True)]
        places = stack.flat(pos, in_dims[0])
        energy, gradient, calm = _Transformed.apply(places, stack.problem, *flat)
        return (stack.apart(energy), stack.apart(gradient), calm), (0, 0, None)


def _unpacked(inputs: tuple[Any, ...]) -> Problem:
    pos, rest, batch, edge_index, weight, shift, node_weight, table, kind, *numbers = inputs
    graphs, form, strength, parameter, handle, shape, width, well_handle, cutoff = numbers
    law: Any = RadialForm(Form(form), strength, parameter) if form else handles.held(handle)
    if table is not None and kind is not None:
        law = TableForm(law, table, kind)
    well: Any = WellForm(Well(shape), width) if shape else None
    return Problem(
        pos,
        rest,
        batch,
        graphs,
        law,
        edge_index,
        weight,
        shift,
        None,
        well if shape else handles.Handle(handles.held(well_handle)),
        None if math.isinf(cutoff) else cutoff,
        node_weight,
    )


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
    return _solve(_unpacked((*tensors, *law, shape, width, well_handle, cutoff)))[:2]


@_spring_energy.register_fake
def _(pos: Tensor, *others: Any) -> tuple[Tensor, Tensor]:
    return pos.new_empty(others[8]), torch.empty_like(pos)


def _save_inputs(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, Tensor]) -> None:
    ctx.set_materialize_grads(False)
    ctx.save_for_backward(output[1], *inputs[:9])
    ctx.numbers = inputs[9:]


def _backward_operator(ctx: Any, *grads: Tensor | None) -> Any:
    gradient, *tensors = ctx.saved_tensors
    problem = _unpacked((*tensors, *ctx.numbers))
    return (_backward(problem, gradient, False, (grads[0], grads[1])), *([None] * 17))


_spring_energy.register_autograd(_backward_operator, setup_context=_save_inputs)


def spring_energy(problem: Problem) -> Tensor:
    """Return the energy of each graph [num_graphs], twice differentiable in ``problem.pos``.

    Compiled code multiplies by ``problem.factor`` itself.
    """
    if not torch.compiler.is_compiling():
        energy: Tensor
        if not is_transformed():
            energy = _SpringEnergy.apply(problem.pos, problem)[0]
            return energy
        tensors = [getattr(problem, name) for name in _TENSORS]
        energy = _Transformed.apply(problem.pos, _emptied(problem), *tensors)[0]
        return energy
    law: Any = problem.law
    table: Tensor | None = None
    kind: Tensor | None = None
    if isinstance(law, TableForm):
        law, table, kind = law.radial, law.table, law.kind
    form, strength, parameter, handle = int(Form.CONSTANT), 1.0, 0.0, 0
    if isinstance(law, RadialForm):
        form, strength, parameter = int(law.form), law.strength, law.parameter
    elif law is not None:
        form, handle = 0, handles.handle_of(law)
    well = problem.well
    shape, width, well_handle = 0, 0.0, 0
    if isinstance(well, WellForm):
        shape, width = int(well.form), well.parameter
    else:
        well_handle = handles.handle_of(well)
    compiled: Tensor = _spring_energy(
        problem.pos,
        problem.rest,
        problem.batch,
        problem.edge_index,
        problem.weight,
        problem.shift,
        problem.node_weight,
        table,
        kind,
        problem.num_graphs,
        form,
        strength,
        parameter,
        handle,
        shape,
        width,
        well_handle,
        math.inf if problem.cutoff is None else problem.cutoff,
    )[0]
    return compiled if problem.factor is None else compiled * problem.factor
