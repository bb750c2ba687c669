"""Overflow becomes the largest finite number, so that one exploded sample cannot poison a step."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from pyg_energyloss.functional.transformed import is_transformed


def clamp_finite(value: Tensor, dtype: torch.dtype, *, terms: int = 1) -> Tensor:
    """Cast to `dtype`; beyond its range stands its largest finite number.

    Args:
        value: numbers, also infinite ones.
        dtype: floating point type of the result.
        terms: so many of such results can be added without leaving the range.

    >>> clamp_finite(torch.tensor([1.0, torch.inf, torch.nan]), torch.float32)
    tensor([1.0000e+00, 3.4028e+38,        nan])
    """
    limit = min(torch.finfo(dtype).max, torch.finfo(value.dtype).max) / terms
    return value.clamp(min=-limit, max=limit).to(dtype)


class _Saturate(torch.autograd.Function):
    """Clamp whose gradient passes: a saturated energy still pulls the structure back."""

    generate_vmap_rule = True

    @staticmethod
    def forward(value: Tensor, limit: float) -> Tensor:
        return value.clamp(min=-limit, max=limit)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        """Nothing is kept."""

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Any:  # type: ignore[override] # noqa: ARG004 - its call
        return grad, None


class _SaturateForward(_Saturate):
    """The same with a forward derivative, which torch.compile cannot trace."""

    @staticmethod
    def jvp(ctx: Any, tangent: Tensor, _limit: None) -> Tensor:  # type: ignore[override] # noqa: ARG004 - its call
        return tangent.clone()


class _Widen(torch.autograd.Function):
    """Cast to a wider type whose gradient is finite in the narrow one."""

    generate_vmap_rule = True

    @staticmethod
    def forward(value: Tensor, dtype: torch.dtype) -> Tensor:
        return value.to(dtype)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        ctx.dtype, ctx.wide = inputs[0].dtype, output.dtype

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Any:  # type: ignore[override]
        return clamp_finite(grad, ctx.dtype), None


class _WidenForward(_Widen):
    """The same with a forward derivative, which torch.compile cannot trace."""

    @staticmethod
    def jvp(ctx: Any, tangent: Tensor, _dtype: None) -> Tensor:  # type: ignore[override]
        return tangent.to(ctx.wide)


def widen(value: Tensor, dtype: torch.dtype) -> Tensor:
    """Cast to a wider type; a gradient beyond the range of the narrow type is clamped to it.

    >>> widen(torch.zeros(1, dtype=torch.bfloat16), torch.float32).dtype
    torch.float32
    """
    if value.dtype == dtype:
        return value
    cast = _WidenForward if _transformed() else _Widen
    wide: Tensor = cast.apply(value, dtype)
    return wide


def bounded(value: Tensor, limit: float) -> Tensor:
    """Clamp to ± limit, with the gradient of the identity; NaN stays NaN.

    >>> bounded(torch.tensor([1.0, -torch.inf]), 5.0)
    tensor([ 1., -5.])
    """
    clamp = _SaturateForward if _transformed() else _Saturate
    inside: Tensor = clamp.apply(value, limit)
    return inside


def saturate(value: Tensor, dtype: torch.dtype) -> Tensor:
    """Cast to `dtype`; values beyond its range become its largest finite number, NaN stays NaN.

    Args:
        value: any tensor.
        dtype: floating point type of the result.

    Returns:
        `value` in `dtype`; the gradient is that of the identity.

    >>> saturate(torch.tensor([1.0, torch.inf, 7e4]), torch.float16)
    tensor([1.0000e+00, 6.5504e+04, 6.5504e+04], dtype=torch.float16)
    """
    if value.dtype == dtype and _plainly_finite(value):
        return value
    limit = min(torch.finfo(dtype).max, torch.finfo(value.dtype).max)
    return bounded(value, limit).to(dtype)


def _transformed() -> bool:
    return not torch.compiler.is_compiling() and is_transformed()


def _plainly_finite(value: Tensor) -> bool:
    """Whether numbers can be looked at without waiting for a GPU, and are finite."""
    if type(value) is not Tensor or not value.is_cpu or torch.compiler.is_compiling():
        return False
    if is_transformed():
        return False
    return bool(value.isfinite().all()) if value.dim() else math.isfinite(value.item())
