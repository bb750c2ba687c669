"""Metrics of predicted structures: ``evaluate(pos_pred, data) -> {name: one value per graph}``."""

from pyg_energyloss.evaluate.geometry import GeometryEvaluator
from pyg_energyloss.evaluate.rmsd import RMSDEvaluator, best_rmsd

__all__ = ["GeometryEvaluator", "RMSDEvaluator", "best_rmsd"]
