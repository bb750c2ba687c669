"""Registered losses as a host needs them: one value per graph, structures only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from pyg_energyloss.losses import SpinLoss, per_graph


def named_per_graph(name: str, options: Mapping[str, Any]) -> torch.nn.Module:
    """Return a registered structure loss that gives one value per graph.

    Args:
        name: as in the registry.
        options: its options; a ``reduction`` among them is left out.

    Raises:
        UnknownNameError: no loss is called so.
        TypeError: it has not these options.
        ValueError: it is a loss on spins.

    >>> named_per_graph("mse", {})
    CoordinateMSELoss(reduction='none')
    """
    from pyg_energyloss import registry

    kept = {key: value for key, value in options.items() if key != "reduction"}
    loss = registry.create("loss", name, **kept)
    if isinstance(loss, SpinLoss):
        raise ValueError(  # noqa: TRY004 - the name is wrong, not its type
            f"`loss` must be one that scores positions, got {name!r}, which scores spins; "
            "`energyloss plugins` lists the losses"
        )
    return per_graph(loss)
