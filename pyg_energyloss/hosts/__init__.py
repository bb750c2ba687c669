"""For frameworks whose losses get flat tensors: batch context, positions from noise, swapping.

Submodules are imported when their names are first used: adapters read their settings from here in
programs that may not use this library at all.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyg_energyloss.hosts.adapter import HostAdapter, settings_of
    from pyg_energyloss.hosts.context import (
        FIELDS,
        HostContext,
        MissingContextError,
        batch_context,
        current_context,
        graph_of_nodes,
        set_context,
    )
    from pyg_energyloss.hosts.description import Host
    from pyg_energyloss.hosts.flat_loss import FlatLoss
    from pyg_energyloss.hosts.parametrization import PARAMETRIZATIONS, Parametrization
    from pyg_energyloss.hosts.settings import HostSettings, parse_swaps, read_settings
    from pyg_energyloss.hosts.swaps.imports import ImportSwap
    from pyg_energyloss.hosts.swaps.launch import imports_swapped
    from pyg_energyloss.hosts.swaps.watch import WrongTargetError

_MODULE_OF = {
    "FIELDS": "context",
    "PARAMETRIZATIONS": "parametrization",
    "FlatLoss": "flat_loss",
    "Host": "description",
    "HostAdapter": "adapter",
    "HostContext": "context",
    "HostSettings": "settings",
    "ImportSwap": "swaps.imports",
    "MissingContextError": "context",
    "Parametrization": "parametrization",
    "WrongTargetError": "swaps.watch",
    "batch_context": "context",
    "current_context": "context",
    "graph_of_nodes": "context",
    "imports_swapped": "swaps.launch",
    "parse_swaps": "settings",
    "read_settings": "settings",
    "set_context": "context",
    "settings_of": "adapter",
}

__all__ = [
    "FIELDS",
    "PARAMETRIZATIONS",
    "FlatLoss",
    "Host",
    "HostAdapter",
    "HostContext",
    "HostSettings",
    "ImportSwap",
    "MissingContextError",
    "Parametrization",
    "WrongTargetError",
    "batch_context",
    "current_context",
    "graph_of_nodes",
    "imports_swapped",
    "parse_swaps",
    "read_settings",
    "set_context",
    "settings_of",
]


def __getattr__(name: str) -> Any:
    if name in _MODULE_OF:
        return getattr(importlib.import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
