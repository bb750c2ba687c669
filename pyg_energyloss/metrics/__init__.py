"""Metrics of predicted structures: ``evaluate(pos_pred, data) -> {name: one value per graph}``.

Those with ``update`` and ``compute`` are torchmetrics classes and need that package.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from pyg_energyloss.metrics.acceptable import AcceptableEvaluator
from pyg_energyloss.metrics.clashes import ClashEvaluator
from pyg_energyloss.metrics.crystals import CrystalEvaluator, distance_errors, lattice_errors
from pyg_energyloss.metrics.distances import DistanceEvaluator
from pyg_energyloss.metrics.geometry import GeometryEvaluator
from pyg_energyloss.metrics.known_posebusters import KnownPoseBusters
from pyg_energyloss.metrics.paired import Difference, paired_difference
from pyg_energyloss.metrics.rmsd import RMSDEvaluator, best_rmsd
from pyg_energyloss.metrics.stereo import StereoEvaluator, stereo_right

if TYPE_CHECKING:
    from pyg_energyloss.metrics.coverage import Coverage
    from pyg_energyloss.metrics.stereo_accuracy import StereoAccuracy
    from pyg_energyloss.metrics.structure_means import LDDT, BondMAE, DistanceMAE, SymmetricRMSD

__all__ = [
    "LDDT",
    "AcceptableEvaluator",
    "BondMAE",
    "ClashEvaluator",
    "Coverage",
    "CrystalEvaluator",
    "Difference",
    "DistanceEvaluator",
    "DistanceMAE",
    "GeometryEvaluator",
    "KnownPoseBusters",
    "RMSDEvaluator",
    "StereoAccuracy",
    "StereoEvaluator",
    "SymmetricRMSD",
    "best_rmsd",
    "distance_errors",
    "lattice_errors",
    "paired_difference",
    "stereo_right",
]

#: Classes of torchmetrics -> the module that each is in.
_TORCHMETRICS = {
    "BondMAE": "structure_means",
    "Coverage": "coverage",
    "DistanceMAE": "structure_means",
    "LDDT": "structure_means",
    "StereoAccuracy": "stereo_accuracy",
    "SymmetricRMSD": "structure_means",
}


def __getattr__(name: str) -> Any:
    if name in _TORCHMETRICS:
        module = importlib.import_module(f"{__name__}.{_TORCHMETRICS[name]}")
        return getattr(module, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
