"""The losses of the published experiments, with their constants and normalisations.

Source: arXiv 2511.02087, appendix B, and the constants of the authors' public configurations.
"""

from __future__ import annotations

from pyg_energyloss.losses import PairEnergyLoss
from pyg_energyloss.stiffness import Exponential, Inverse

__all__ = ["paper_edm", "paper_jodo", "paper_shapes"]


def paper_edm() -> PairEnergyLoss:
    """Return the best EDM/GDM loss: k = 42 exp(-d), divided by the atoms of each molecule.

    >>> paper_edm().normalize
    'atoms'
    """
    return PairEnergyLoss(Exponential(42.0), edges="complete", normalize="atoms")


def paper_jodo() -> PairEnergyLoss:
    """Return the best JODO loss: k = 3.7 / d, divided by the atoms of each molecule.

    >>> paper_jodo().normalize
    'atoms'
    """
    return PairEnergyLoss(Inverse(3.7), edges="complete", normalize="atoms")


def paper_shapes() -> PairEnergyLoss:
    """Return the loss of the polygons: k = 2.6 exp(-d), the mean over all n² entries.

    >>> paper_shapes().normalize
    'atoms_squared'
    """
    return PairEnergyLoss(Exponential(2.6), edges="complete", normalize="atoms_squared")
