"""Registered losses as a host needs them: one value per graph, structures only."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Mapping
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
        TypeError: it has not these options; the message lists those it has.
        ValueError: it is a loss on spins.

    >>> named_per_graph("mse", {})
    CoordinateMSELoss(reduction='none')
    """
    from pyg_energyloss import registry

    kept = {key: value for key, value in options.items() if key != "reduction"}
    loss = _made(registry.get("loss", name), name, kept)
    if isinstance(loss, SpinLoss):
        raise ValueError(  # noqa: TRY004 - the name is wrong, not its type
            f"`loss` must be one that scores positions, got {name!r}, which scores spins; "
            "`energyloss plugins` lists the losses"
        )
    return per_graph(loss)


def _made(factory: Callable[..., Any], name: str, options: Mapping[str, Any]) -> Any:
    parameters = inspect.signature(factory).parameters.values()
    known = [p.name for p in parameters if p.kind in (p.KEYWORD_ONLY, p.POSITIONAL_OR_KEYWORD)]
    if all(p.kind is not p.VAR_KEYWORD for p in parameters):
        for option in options:
            if option not in known:
                near = difflib.get_close_matches(option, known, 1)
                raise TypeError(
                    f"loss {name!r} has no option {option!r}; it has: {', '.join(known)}"
                    + (f". Did you mean {near[0]!r}?" if near else "")
                )
    return factory(**options)
