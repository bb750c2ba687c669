"""Metrics of predicted structures: ``evaluate(pos_pred, data) -> {name: one value per graph}``."""

from pyg_energyloss.metrics.geometry import GeometryEvaluator
from pyg_energyloss.metrics.rmsd import RMSDEvaluator, best_rmsd

__all__ = ["GeometryEvaluator", "RMSDEvaluator", "best_rmsd"]
