"""Reduce the values of the graphs to the number that is differentiated."""

from __future__ import annotations

import torch
from torch import Tensor

from pyg_energyloss.functional.saturate import saturate

REDUCTIONS = ("mean", "none", "sum", "global_mean")


def check_reduction(reduction: str) -> str:
    """Return `reduction`; raise unless it is "mean", "sum", "none" or "global_mean".

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

    "mean" is over the graphs of this process and exchanges nothing with others. "global_mean"
    divides by the mean number of graphs of the processes that train together, so that averaged
    gradients are those of one process that holds all graphs, whatever the shares; it is one
    all-reduce of a number wherever gradients are on, so each process must call the loss equally
    often.

    Raises:
        RuntimeError: "global_mean", and another process did not come.

    >>> reduce_graphs(torch.tensor([1.0, 3.0]), "mean")
    tensor(2.)
    """
    if reduction == "none":
        return value if temperature == 1.0 else value / temperature
    wide = value.float() if value.dtype in (torch.float16, torch.bfloat16) else value
    divisor: float | Tensor = temperature
    if reduction == "mean":
        divisor = temperature * max(float(value.numel()), 1.0)
    elif reduction == "global_mean":
        divisor = temperature * graphs_per_process(int(value.numel()), value.device)
    # Summed first: the gradient of the sum is then one number for all graphs.
    total = wide.sum()
    return saturate(total / divisor, value.dtype)


def graphs_per_process(num_graphs: int, device: torch.device) -> float | Tensor:
    """Return this process's number of graphs, or the average where processes train together.

    Raises:
        RuntimeError: another process did not come.

    >>> graphs_per_process(3, torch.device("cpu"))
    3.0
    """
    distributed = torch.distributed.is_available() and torch.distributed.is_initialized()
    processes = torch.distributed.get_world_size() if distributed else 1
    if processes == 1 or not torch.is_grad_enabled():
        return max(float(num_graphs), 1.0)
    total = torch.tensor(float(num_graphs), device=device)
    try:
        torch.distributed.all_reduce(total)
    except RuntimeError as error:
        raise RuntimeError(
            "`reduction='global_mean'` needs every process to call the loss equally often; a "
            "process did not come. Evaluate under torch.no_grad(), or use reduction='mean', which "
            "waits for nobody"
        ) from error
    return total.clamp(min=1.0) / processes
