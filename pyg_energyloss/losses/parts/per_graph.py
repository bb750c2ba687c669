"""Any loss with another reduction: one value per graph, or the mean over all processes."""

from __future__ import annotations

import copy

import torch


def per_graph(loss: torch.nn.Module) -> torch.nn.Module:
    """Return a copy of a structure loss whose parts no longer reduce over graphs.

    Noise levels and importance weights multiply such values.

    Args:
        loss: Any loss module of this library, or a sum of them, or one that follows their
            convention: an attribute ``reduction``.

    Raises:
        TypeError: no part of the loss has a ``reduction``.

    >>> from pyg_energyloss import PairEnergyLoss
    >>> per_graph(PairEnergyLoss())
    PairEnergyLoss(Exponential(1, length=1), reduction='none')
    """
    unreduced = copy.deepcopy(loss)
    for part in _reducing(unreduced):
        setattr(part, "reduction", "none")  # noqa: B010 - nn.Module declares only tensors
    return unreduced


def global_mean(loss: torch.nn.Module) -> torch.nn.Module:
    """Return a copy of a loss whose means are over the graphs of all processes.

    For `DistributedDataParallel` with batches of unequal numbers of graphs: the averaged gradient
    is then that of one process that holds all graphs. Every process must call the loss equally
    often while gradients are on. In a single process nothing changes.

    Args:
        loss: as for `per_graph`.

    Raises:
        TypeError: no part of the loss has a ``reduction``.

    >>> from pyg_energyloss import PairEnergyLoss
    >>> global_mean(PairEnergyLoss())
    PairEnergyLoss(Exponential(1, length=1), reduction='global_mean')
    """
    shared = copy.deepcopy(loss)
    for part in _reducing(shared):
        if part.reduction == "mean":
            setattr(part, "reduction", "global_mean")  # noqa: B010 - as above
    return shared


def _reducing(loss: torch.nn.Module) -> list[torch.nn.Module]:
    parts = [part for part in loss.modules() if hasattr(part, "reduction")]
    if not parts:
        raise TypeError(
            f"`loss` must have an attribute `reduction`, or parts that have; got {loss!r}, which "
            "can not be asked for another reduction"
        )
    return parts
