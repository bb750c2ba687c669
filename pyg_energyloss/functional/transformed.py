"""Whether transforms of torch.func are at work, and what lies under their wrappers.

torch has no public word for either; what is private here is used in this file alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

#: Whether a transform of torch.func is at work; torch's own function, so that asking costs least.
transforms_are_active: Callable[[], bool] = torch._C._are_functorch_transforms_active  # noqa: SLF001 - nothing public says


def is_transformed() -> bool:
    """Whether torch.func or forward differentiation is at work.

    >>> is_transformed()
    False
    >>> torch.func.vmap(lambda x: x + is_transformed())(torch.zeros(2))
    tensor([1., 1.])
    """
    forward: bool = torch.autograd.forward_ad._current_level >= 0  # noqa: SLF001 - as above
    return forward or transforms_are_active()


def without_level(constant: Tensor) -> Tensor:
    """Return a tensor without derivatives as it is below the wrappers of torch.func.grad and jvp.

    A wrapper is valid inside its transform only; an index may be asked for after it.

    >>> without_level(torch.tensor([1]))
    tensor([1])
    """
    functorch: Any = torch._C._functorch  # noqa: SLF001 - nothing public unwraps
    while functorch.is_gradtrackingtensor(constant):
        constant = functorch.get_unwrapped(constant)
    return constant
