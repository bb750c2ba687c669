"""Energy losses in Lightning, Fabric and GraphGym programs, without changing their source.

Lightning imports this package at every construction of a Trainer, also in programs that do not use
it; so nothing is imported here before a name is used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyg_energyloss_lightning.callback import EnergyLossCallback, PLEnergyLossCallback
    from pyg_energyloss_lightning.fabric import FabricEnergyLoss

_MODULE_OF = {
    "EnergyLossCallback": "callback",
    "FabricEnergyLoss": "fabric",
    "PLEnergyLossCallback": "callback",
}

__all__ = ["EnergyLossCallback", "FabricEnergyLoss", "PLEnergyLossCallback"]


def __getattr__(name: str) -> Any:
    if name in _MODULE_OF:
        return getattr(importlib.import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
