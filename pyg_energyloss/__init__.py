"""Energy loss functions for physical systems, as a PyTorch Geometric plugin.

A prediction is scored by the energy it takes to deform the true structure into it: springs on pair
distances for atoms, local fields for Ising spins. The losses are blind to rotation, translation and
exchanges of atoms that keep the distances, and need no alignment. (They are not losses on energies,
as force fields are trained with.)

Submodules and names are imported when they are first used.

Source: Kaba, Sareen, Levy, Ravanbakhsh, "Energy Loss Functions for Physical Systems", NeurIPS 2025,
arXiv 2511.02087.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from pyg_energyloss._version import __version__

if TYPE_CHECKING:
    from pyg_energyloss import (
        data,
        experiments,
        functional,
        generative,
        hosts,
        losses,
        metrics,
        models,
        potentials,
        presets,
        registry,
        report,
        restraints,
        rigidity,
        samplers,
        spins,
        stiffness,
        symmetry,
        testing,
        transforms,
    )
    from pyg_energyloss.losses import (
        AngleLoss,
        BondLoss,
        CoordinateMAELoss,
        CoordinateMSELoss,
        DistanceLoss,
        FAPELoss,
        KabschMSELoss,
        LocalFieldLoss,
        MarginLoss,
        NoiseGatedLoss,
        PairEnergyLoss,
        RestraintLoss,
        RMSDLoss,
        SmoothLDDTLoss,
        SpinCrossEntropyLoss,
        SymmetricLoss,
        TorsionLoss,
        TrueEnergyLoss,
    )

_MODULES = (
    "data",
    "experiments",
    "functional",
    "generative",
    "hosts",
    "losses",
    "metrics",
    "models",
    "potentials",
    "presets",
    "registry",
    "report",
    "restraints",
    "rigidity",
    "samplers",
    "spins",
    "stiffness",
    "symmetry",
    "testing",
    "transforms",
)
_LOSSES = (
    "AngleLoss",
    "BondLoss",
    "CoordinateMAELoss",
    "CoordinateMSELoss",
    "DistanceLoss",
    "FAPELoss",
    "KabschMSELoss",
    "LocalFieldLoss",
    "MarginLoss",
    "NoiseGatedLoss",
    "PairEnergyLoss",
    "RMSDLoss",
    "RestraintLoss",
    "SmoothLDDTLoss",
    "SpinCrossEntropyLoss",
    "SymmetricLoss",
    "TorsionLoss",
    "TrueEnergyLoss",
)

__all__ = [
    "AngleLoss",
    "BondLoss",
    "CoordinateMAELoss",
    "CoordinateMSELoss",
    "DistanceLoss",
    "FAPELoss",
    "KabschMSELoss",
    "LocalFieldLoss",
    "MarginLoss",
    "NoiseGatedLoss",
    "PairEnergyLoss",
    "RMSDLoss",
    "RestraintLoss",
    "SmoothLDDTLoss",
    "SpinCrossEntropyLoss",
    "SymmetricLoss",
    "TorsionLoss",
    "TrueEnergyLoss",
    "__version__",
    "data",
    "experiments",
    "functional",
    "generative",
    "hosts",
    "losses",
    "metrics",
    "models",
    "potentials",
    "presets",
    "registry",
    "report",
    "restraints",
    "rigidity",
    "samplers",
    "spins",
    "stiffness",
    "symmetry",
    "testing",
    "transforms",
]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f"{__name__}.{name}")
    if name in _LOSSES:
        return getattr(importlib.import_module(f"{__name__}.losses"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
