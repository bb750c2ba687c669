"""Equivariant tensor-product baselines for pyg_energyloss, built on e3nn.

Looking the plugin up imports this package; e3nn and torch are imported when a name is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyg_energyloss_e3nn.crystal import CrystalTensorProductNetwork
    from pyg_energyloss_e3nn.denoiser import TensorProductDenoiser
    from pyg_energyloss_e3nn.network import TensorProductNetwork

__all__ = ["CrystalTensorProductNetwork", "TensorProductDenoiser", "TensorProductNetwork"]

_MODULES = {
    "CrystalTensorProductNetwork": "crystal",
    "TensorProductDenoiser": "denoiser",
    "TensorProductNetwork": "network",
}


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
