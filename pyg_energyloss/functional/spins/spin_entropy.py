"""Entropy and mean of spins that are independent given their logits."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from pyg_energyloss.functional.bonds import without_column


def spin_mean(logits: Tensor) -> Tensor:
    """Return the mean spin ``m = p(+1) - p(-1) = tanh(z / 2)`` for logits ``z = ln p(+1)/p(-1)``.

    Example:
        >>> spin_mean(torch.zeros(2))
        tensor([0., 0.])
    """
    return (0.5 * logits).tanh()


def spin_entropy(logits: Tensor) -> Tensor:
    """Return the entropy of each spin in nats, [num_nodes].

    Example:
        >>> round(spin_entropy(torch.zeros(1)).exp().item(), 4)
        2.0
    """
    up, down = F.logsigmoid(logits), F.logsigmoid(-logits)
    return -(up.exp() * up + down.exp() * down)


def spin_logits(logits: Tensor) -> Tensor:
    """Return logits [num_nodes] from [num_nodes] or [num_nodes, 1], in at least float32.

    Raises:
        TypeError: not floating point.
        ValueError: another shape.

    Example:
        >>> spin_logits(torch.zeros(3, 1)).shape
        torch.Size([3])
    """
    if not isinstance(logits, Tensor) or not logits.is_floating_point():
        got = logits.dtype if isinstance(logits, Tensor) else type(logits).__name__
        raise TypeError(f"`logits` must be a floating point tensor [num_nodes], got {got}")
    flat = without_column(logits)
    if flat.dim() != 1:
        raise ValueError(
            "`logits` must hold ln p(+1)/p(-1) of each spin, shape [num_nodes] or [num_nodes, 1], "
            f"got {list(logits.shape)}; for several states use FreeEnergyLoss"
        )
    return flat if flat.dtype == torch.float64 else flat.float()
