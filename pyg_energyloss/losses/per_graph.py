"""Any loss, with one value per graph: what noise levels and importance weights multiply."""

from __future__ import annotations

import copy

import torch


def per_graph(loss: torch.nn.Module) -> torch.nn.Module:
    """Return a copy of a structure loss whose parts no longer reduce over graphs.

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
    parts = [part for part in unreduced.modules() if hasattr(part, "reduction")]
    if not parts:
        raise TypeError(
            f"`loss` must have an attribute `reduction`, or parts that have; got {loss!r}, which "
            "can not be asked for one value per graph"
        )
    for part in parts:
        setattr(part, "reduction", "none")  # noqa: B010 - nn.Module declares only tensors
    return unreduced
