"""The second derivative of the pair energy, and what the backward pass of each face shares."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from pyg_energyloss.functional.engine import torch_engine
from pyg_energyloss.functional.engine.problem import Problem
from pyg_energyloss.functional.engine.stacked import Stack
from pyg_energyloss.functional.saturate import clamp_finite
from pyg_energyloss.functional.transformed import without_level
from pyg_energyloss.radial import TableForm

#: The floating tensors of a problem, which the functions take one by one: transforms of torch.func
#: act on arguments.
TENSORS = ("rest", "weight", "shift", "factor", "node_weight")


def filled(problem: Problem, pos: Tensor, tensors: tuple[Tensor | None, ...]) -> Problem:
    """Return the problem with its tensors, which the functions carry as arguments."""
    named: dict[str, Any] = dict(zip(TENSORS, tensors, strict=True))
    return replace(problem, pos=pos, **named)


def emptied(problem: Problem) -> Problem:
    """Return the problem without the tensors that are saved or passed beside it."""
    empty: dict[str, Any] = dict.fromkeys(TENSORS[1:])
    nothing = torch.empty(0)
    for name in ("batch", "edge_index"):
        index = getattr(problem, name)
        empty[name] = None if index is None else without_level(index)
    law = problem.law
    if isinstance(law, TableForm):
        law = replace(law, table=without_level(law.table), kind=without_level(law.kind))
    return replace(problem, pos=nothing, rest=nothing, law=law, **empty)


class HessianVector(torch.autograd.Function):
    """Hessian times vector: linear in the vector, not differentiable in the positions."""

    @staticmethod
    def forward(vector: Tensor, pos: Tensor, problem: Problem, *tensors: Tensor | None) -> Tensor:
        """Return the product [num_nodes, dim]."""
        whole = filled(problem, pos, tensors)
        product = torch_engine.hessian_vector(whole, vector)
        if whole.factor is not None:
            product = product * whole.per_node(whole.factor)
        return clamp_finite(product, pos.dtype)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:  # noqa: ARG004
        """Keep the positions and the tensors of the problem."""
        _, pos, ctx.problem, *tensors = inputs
        ctx.save_for_backward(pos, *tensors)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Any:  # type: ignore[override]
        """Return the gradient in the vector: the Hessian is symmetric."""
        if ctx.needs_input_grad[1]:
            raise NotImplementedError(
                "third derivatives of the pair energy are not provided; differentiate "
                "pyg_energyloss.functional.edge_energy, which is plain torch"
            )
        pos, *tensors = ctx.saved_tensors
        product = HessianVector.apply(grad, pos, ctx.problem, *tensors)
        return product, None, None, *[None for _ in TENSORS]

    @staticmethod
    def vmap(info: Any, in_dims: tuple[Any, ...], *inputs: Any) -> tuple[Tensor, int]:
        """Return the products of several problems, computed as one."""
        vector, pos, problem, *tensors = inputs
        stack = Stack(info.batch_size, problem, pos, in_dims[1])
        flat = [stack.flat(*pair) for pair in zip(tensors, in_dims[3:], strict=True)]
        moved, places = stack.flat(vector, in_dims[0]), stack.flat(pos, in_dims[1])
        product = HessianVector.apply(moved, places, stack.problem, *flat)
        return stack.apart(product), 0


def hessian_times(vector: Tensor, problem: Problem) -> Tensor:
    """Return the Hessian of the energy times a vector [num_nodes, dim], differentiable in it."""
    tensors = [getattr(problem, name) for name in TENSORS]
    product: Tensor = HessianVector.apply(vector, problem.pos, emptied(problem), *tensors)
    return product


def pulled_back(
    problem: Problem, gradient: Tensor, calm: bool, grads: tuple[Tensor | None, Tensor | None]
) -> Tensor | None:
    """Return the gradient in the positions, of those in the energies and in their gradient.

    `calm` says that `gradient` is far inside the range of its type.
    """
    grad_energy, grad_gradient = grads
    result: Tensor | None = None
    if grad_energy is not None:
        # That of a plain sum over graphs is one number, expanded.
        alike = grad_energy.numel() > 0 and grad_energy.stride() == (0,)
        each = grad_energy[:1] if alike else grad_energy
        result = gradient * (each if alike or problem.total else problem.per_node(each))
    if grad_gradient is not None:
        product = hessian_times(grad_gradient, problem)
        result = product if result is None else result + product
        calm = False
    return result if result is None or calm else clamp_finite(result, result.dtype)
