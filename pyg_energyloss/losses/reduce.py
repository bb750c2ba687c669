"""Reduce the values of the graphs to the number that is differentiated."""

from __future__ import annotations

import torch
from torch import Tensor

from pyg_energyloss.functional.saturate import saturate

REDUCTIONS = ("mean", "none", "sum")


def check_reduction(reduction: str) -> str:
    """Return `reduction`; raise unless it is "mean", "sum" or "none".

    Raises:
        ValueError: it is something else.

    >>> check_reduction("mean")
    'mean'
    """
    if reduction not in REDUCTIONS:
        raise ValueError(f"`reduction` must be one of {', '.join(REDUCTIONS)}; got {reduction!r}")
    return reduction


def reduce_graphs(value: Tensor, reduction: str, temperature: float = 1.0) -> Tensor:
    """Reduce values [num_graphs] over a temperature to their mean or sum, or return them ("none").

    Under data-parallel training the mean divides by the mean number of graphs of the processes,
    so that averaged gradients are those of one process that holds all graphs.

    >>> reduce_graphs(torch.tensor([1.0, 3.0]), "mean")
    tensor(2.)
    """
    if reduction == "none":
        return value if temperature == 1.0 else value / temperature
    wide = value.float() if value.dtype in (torch.float16, torch.bfloat16) else value
    divisor = temperature * _mean_count(value) if reduction == "mean" else temperature
    # Summed first: the gradient of the sum is then one number for all graphs.
    total = wide.sum()
    return saturate(total / divisor, value.dtype)


def _mean_count(value: Tensor) -> float | Tensor:
    """Graphs per process: this process's number, or the average where processes train together."""
    count = float(value.numel())
    distributed = torch.distributed.is_available() and torch.distributed.is_initialized()
    if distributed and value.requires_grad and torch.distributed.get_world_size() > 1:
        total = torch.tensor(count, device=value.device)
        torch.distributed.all_reduce(total)
        return total.clamp(min=1.0) / torch.distributed.get_world_size()
    return max(count, 1.0)
