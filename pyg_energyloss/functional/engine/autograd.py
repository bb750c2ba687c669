"""The pair energy as a differentiable operation: gradient with the energy, double backward.

Two faces of the same functions: a `torch.autograd.Function` for eager code, which costs less per
call, and a custom operator that torch.compile treats as one opaque node.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from pyg_energyloss.functional.engine import dispatch, handles, torch_engine
from pyg_energyloss.functional.engine.problem import Problem
from pyg_energyloss.functional.saturate import clamp_finite
from pyg_energyloss.radial import Form, RadialForm

#: An energy below this has a gradient far inside the range of float32, by Cauchy-Schwarz.
_CALM = 1e30


def _solve(problem: Problem) -> tuple[Tensor, Tensor, bool]:
    """Energies and gradient in the dtype of the positions, finite where the input is.

    The flag says that nothing was near the end of the range, so later clamps can be left out.
    """
    energy, gradient = dispatch.energy_gradient(problem)
    dtype = problem.pos.dtype
    eager = energy.is_cpu and not torch.compiler.is_compiling()
    if eager and energy.numel() and energy.max().item() < _CALM:
        return energy.to(dtype), gradient, True
    return clamp_finite(energy, dtype), clamp_finite(gradient, dtype), False


class _HessianVector(torch.autograd.Function):
    """Hessian times vector: linear in the vector, not differentiable in the positions."""

    @staticmethod
    def forward(ctx: Any, vector: Tensor, pos: Tensor, problem: Problem) -> Tensor:
        ctx.save_for_backward(pos)
        ctx.problem = problem
        product = torch_engine.hessian_vector(problem, vector)
        if problem.factor is not None:
            product = product * problem.per_node(problem.factor)
        return clamp_finite(product, pos.dtype)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Any:  # type: ignore[override]
        if ctx.needs_input_grad[1]:
            raise NotImplementedError(
                "third derivatives of the pair energy are not provided; differentiate "
                "pyg_energyloss.functional.edge_energy, which is plain torch"
            )
        return _HessianVector.apply(grad, ctx.saved_tensors[0], ctx.problem), None, None


def _save(ctx: Any, pos: Tensor, problem: Problem, gradient: Tensor) -> None:
    ctx.set_materialize_grads(False)
    tensors = (problem.batch, problem.edge_index, problem.weight, problem.shift, problem.factor)
    ctx.save_for_backward(gradient, pos, problem.rest, *tensors)
    ctx.num_graphs, ctx.law = problem.num_graphs, problem.law


def _backward(ctx: Any, grad_energy: Tensor | None, grad_gradient: Tensor | None) -> Tensor | None:
    gradient, pos, rest, batch, edge_index, weight, shift, factor = ctx.saved_tensors
    options = (batch, ctx.num_graphs, ctx.law, edge_index, weight, shift, factor)
    problem = Problem(pos.detach(), rest, *options)
    result: Tensor | None = None
    if grad_energy is not None:
        # The gradient of a plain sum is one number, expanded.
        alike = grad_energy.numel() > 0 and grad_energy.stride() == (0,)
        result = gradient * (grad_energy[:1] if alike else problem.per_node(grad_energy))
    if grad_gradient is not None:
        product: Tensor = _HessianVector.apply(grad_gradient, pos, problem)
        result = product if result is None else result + product
    calm = grad_gradient is None and getattr(ctx, "calm", False)
    return result if result is None or calm else clamp_finite(result, result.dtype)


class _SpringEnergy(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, pos: Tensor, problem: Problem) -> tuple[Tensor, Tensor]:
        energy, gradient, ctx.calm = _solve(replace(problem, pos=pos.detach()))
        _save(ctx, pos, problem, gradient)
        return energy, gradient

    @staticmethod
    def backward(ctx: Any, *grads: Tensor | None) -> Any:  # type: ignore[override]
        return _backward(ctx, grads[0], grads[1]), None


def _unpacked(inputs: tuple[Any, ...]) -> Problem:
    pos, rest, batch, edge_index, weight, shift, graphs, form, strength, parameter, handle = inputs
    law = RadialForm(Form(form), strength, parameter) if form else handles.law_of(handle)
    return Problem(pos, rest, batch, graphs, law, edge_index, weight, shift)


@torch.library.custom_op("pyg_energyloss::spring_energy", mutates_args=())
def _spring_energy(  # noqa: PLR0917 - an operator's schema has no keywords here
    pos: Tensor,
    rest: Tensor,
    batch: Tensor | None,
    edge_index: Tensor | None,
    weight: Tensor | None,
    shift: Tensor | None,
    graphs: int,
    form: int,
    strength: float,
    parameter: float,
    handle: int,
) -> tuple[Tensor, Tensor]:
    options = (graphs, form, strength, parameter, handle)
    problem = _unpacked((pos, rest, batch, edge_index, weight, shift, *options))
    return _solve(problem)[:2]


@_spring_energy.register_fake
def _(pos: Tensor, *others: Any) -> tuple[Tensor, Tensor]:
    return pos.new_empty(others[5]), torch.empty_like(pos)


def _save_inputs(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, Tensor]) -> None:
    _save(ctx, inputs[0], _unpacked(inputs), output[1])


def _backward_operator(ctx: Any, *grads: Tensor | None) -> Any:
    return (_backward(ctx, grads[0], grads[1]), *([None] * 10))


_spring_energy.register_autograd(_backward_operator, setup_context=_save_inputs)


def spring_energy(problem: Problem) -> Tensor:
    """Return the energy of each graph [num_graphs], twice differentiable in ``problem.pos``.

    Compiled code multiplies by ``problem.factor`` itself.
    """
    if not torch.compiler.is_compiling():
        energy: Tensor = _SpringEnergy.apply(problem.pos, problem)[0]
        return energy
    law = problem.law
    form, strength, parameter, handle = int(Form.CONSTANT), 1.0, 0.0, 0
    if isinstance(law, RadialForm):
        form, strength, parameter = int(law.form), law.strength, law.parameter
    elif law is not None:
        form, handle = 0, handles.handle_of(law)
    compiled: Tensor = _spring_energy(
        problem.pos,
        problem.rest,
        problem.batch,
        problem.edge_index,
        problem.weight,
        problem.shift,
        problem.num_graphs,
        form,
        strength,
        parameter,
        handle,
    )[0]
    return compiled if problem.factor is None else compiled * problem.factor
