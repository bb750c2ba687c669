"""Evaluators: ``evaluate(pos_pred, data)`` gives one value per graph and key."""

from pyg_energyloss_ase.evaluators.relaxation import Relaxation, relax
from pyg_energyloss_ase.evaluators.single_point import SinglePoint, emt, gfn2, single_point
from pyg_energyloss_ase.evaluators.strain import Strain
from pyg_energyloss_ase.evaluators.vibrational import Vibrational, frequencies

__all__ = [
    "Relaxation",
    "SinglePoint",
    "Strain",
    "Vibrational",
    "emt",
    "frequencies",
    "gfn2",
    "relax",
    "single_point",
]
