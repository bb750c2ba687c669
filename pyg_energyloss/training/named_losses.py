"""The losses that `energyloss compare` puts side by side, besides MSE, MAE and Kabsch MSE."""

from __future__ import annotations

from pyg_energyloss.losses import KabschMSELoss, PairEnergyLoss
from pyg_energyloss.losses.arithmetic import LossArithmetic
from pyg_energyloss.samplers import Backbone

#: Pairs per atom of ``energy_sparse``; small molecules have about 6.5 per atom in all.
SPARSE_EDGES_PER_ATOM = 4.0

#: Weight of the Kabsch MSE in ``energy_kabsch``.
KABSCH_WEIGHT = 0.3


def energy(*, stiffness: str = "exponential") -> PairEnergyLoss:
    """Springs on all pairs."""
    return PairEnergyLoss(stiffness, edges="complete")


def energy_sparse(
    *, stiffness: str = "exponential", edges_per_atom: float = SPARSE_EDGES_PER_ATOM
) -> PairEnergyLoss:
    """Springs on a rigid backbone and on far pairs that are redrawn at every step."""
    sampler = Backbone(complete_below=0, near=2, edges_per_atom=edges_per_atom)
    return PairEnergyLoss(stiffness, edges=sampler)


def energy_kabsch(
    *, stiffness: str = "exponential", kabsch_weight: float = KABSCH_WEIGHT
) -> LossArithmetic:
    """Springs on all pairs plus the Kabsch MSE: local geometry and overall shape at once."""
    combined: LossArithmetic = energy(stiffness=stiffness) + kabsch_weight * KabschMSELoss()
    return combined
