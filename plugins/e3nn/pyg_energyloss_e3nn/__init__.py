"""Equivariant tensor-product baselines for pyg_energyloss, built on e3nn.

Looking the plugin up imports this package; e3nn and torch are imported when a name is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyg_energyloss_e3nn.network import TensorProductNetwork

__all__ = ["TensorProductNetwork"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from pyg_energyloss_e3nn import network

        return getattr(network, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
