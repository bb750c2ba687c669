"""The losses that `energyloss compare` puts side by side, besides MSE, MAE and Kabsch MSE."""

from __future__ import annotations

from pyg_energyloss.losses import (
    CoordinateMSELoss,
    KabschMSELoss,
    NoiseGatedLoss,
    PairEnergyLoss,
)
from pyg_energyloss.losses.arithmetic import LossArithmetic
from pyg_energyloss.samplers import Backbone

#: Pairs per atom of ``energy_sparse``; small molecules have about 6.5 per atom in all.
SPARSE_EDGES_PER_ATOM = 4.0

#: Weight of the Kabsch MSE in ``energy_kabsch``.
KABSCH_WEIGHT = 0.3


def energy(*, stiffness: str = "exponential") -> PairEnergyLoss:
    """Springs on all pairs."""
    return PairEnergyLoss(stiffness, edges="complete")


def energy_constant() -> PairEnergyLoss:
    """Springs on all pairs, all equally stiff."""
    return energy(stiffness="constant")


def energy_inverse() -> PairEnergyLoss:
    """Springs on all pairs, stiffness 1/d."""
    return energy(stiffness="inverse")


def energy_inverse_square() -> PairEnergyLoss:
    """Springs on all pairs, stiffness 1/d²."""
    return energy(stiffness="inverse_square")


def energy_gated(
    *,
    stiffness: str = "exponential",
    crossover: float = 0.5,
    edges_per_atom: float | None = None,
) -> NoiseGatedLoss:
    """Springs where the noise is small, MSE where it is large; on all pairs unless sparse."""
    low = (
        energy(stiffness=stiffness)
        if edges_per_atom is None
        else energy_sparse(stiffness=stiffness, edges_per_atom=edges_per_atom)
    )
    return NoiseGatedLoss(low, CoordinateMSELoss(), crossover=crossover)


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
