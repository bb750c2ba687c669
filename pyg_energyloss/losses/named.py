"""Ready-made losses by the names of the registry, each with the options of what it is made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor

from pyg_energyloss.losses.coordinate_mse import CoordinateMSELoss
from pyg_energyloss.losses.distance import DistanceLoss
from pyg_energyloss.losses.kabsch_mse import KabschMSELoss
from pyg_energyloss.losses.kabsch_rmsd import RMSDLoss
from pyg_energyloss.losses.lattice import LatticeLoss
from pyg_energyloss.losses.noise_gated import NoiseGatedLoss
from pyg_energyloss.losses.pair_energy import PairEnergyLoss
from pyg_energyloss.losses.restraint import RestraintLoss
from pyg_energyloss.losses.smooth_lddt import SmoothLDDTLoss
from pyg_energyloss.losses.symmetric import SymmetricLoss

#: Pairs per atom of ``energy_sparse``; small molecules have about 6.5 per atom in all.
SPARSE_EDGES_PER_ATOM = 4.0

#: Weight of the Kabsch MSE in the losses called ``..._kabsch``.
KABSCH_WEIGHT = 0.3

#: Weight of the mean distance error in ``energy_absolute_l1``.
L1_WEIGHT = 1.0

#: Weight of the RMSD in ``multiscale``.
RMSD_WEIGHT = 0.5

#: Weight of the restraints in ``energy_restraints``.
RESTRAINT_WEIGHT = 0.5

Stiffness = str | Callable[[Tensor], Tensor]


def energy(
    *,
    stiffness: Stiffness = "exponential",
    normalize: str | None = "atoms",
    reduction: str = "mean",
    temperature: float = 1.0,
    potential: Any = "harmonic",
    cutoff: float | None = None,
) -> PairEnergyLoss:
    """Springs on all pairs; the options are those of `PairEnergyLoss`."""
    return PairEnergyLoss(
        stiffness,
        edges="complete",
        normalize=normalize,
        reduction=reduction,
        temperature=temperature,
        potential=potential,
        cutoff=cutoff,
    )


def energy_absolute(
    *,
    stiffness: Stiffness = "inverse_square",
    normalize: str | None = "atoms",
    reduction: str = "mean",
    temperature: float = 1.0,
) -> PairEnergyLoss:
    """Springs whose force does not grow with the deviation, on all pairs, strength 1/d²."""
    return energy(
        stiffness=stiffness,
        normalize=normalize,
        reduction=reduction,
        temperature=temperature,
        potential="absolute",
    )


def energy_constant(
    *, normalize: str | None = "atoms", reduction: str = "mean", temperature: float = 1.0
) -> PairEnergyLoss:
    """Springs on all pairs, all equally stiff."""
    return energy(
        stiffness="constant", normalize=normalize, reduction=reduction, temperature=temperature
    )


def energy_inverse(
    *, normalize: str | None = "atoms", reduction: str = "mean", temperature: float = 1.0
) -> PairEnergyLoss:
    """Springs on all pairs, stiffness 1/d."""
    return energy(
        stiffness="inverse", normalize=normalize, reduction=reduction, temperature=temperature
    )


def energy_inverse_square(
    *, normalize: str | None = "atoms", reduction: str = "mean", temperature: float = 1.0
) -> PairEnergyLoss:
    """Springs on all pairs, stiffness 1/d²."""
    return energy(
        stiffness="inverse_square",
        normalize=normalize,
        reduction=reduction,
        temperature=temperature,
    )


def energy_sparse(
    *,
    stiffness: Stiffness = "exponential",
    edges_per_atom: float = SPARSE_EDGES_PER_ATOM,
    normalize: str | None = "atoms",
    reduction: str = "mean",
    temperature: float = 1.0,
    potential: Any = "harmonic",
) -> PairEnergyLoss:
    """Springs on a rigid backbone and on far pairs that are redrawn at every step."""
    from pyg_energyloss import registry

    sampler = registry.create(
        "sampler", "backbone", complete_below=0, near=2, edges_per_atom=edges_per_atom
    )
    return PairEnergyLoss(
        stiffness,
        edges=sampler,
        normalize=normalize,
        reduction=reduction,
        temperature=temperature,
        potential=potential,
    )


def energy_gated(
    *,
    stiffness: Stiffness = "exponential",
    crossover: float = 0.5,
    edges_per_atom: float | None = None,
    normalize: str | None = "atoms",
    reduction: str = "mean",
    temperature: float = 1.0,
) -> NoiseGatedLoss:
    """Springs where the noise is small, MSE where it is large; on all pairs unless sparse."""
    springs: dict[str, Any] = {
        "stiffness": stiffness,
        "normalize": normalize,
        "temperature": temperature,
    }
    low = (
        energy(**springs)
        if edges_per_atom is None
        else energy_sparse(edges_per_atom=edges_per_atom, **springs)
    )
    return NoiseGatedLoss(low, CoordinateMSELoss(), crossover=crossover, reduction=reduction)


def energy_restraints(
    *,
    stiffness: Stiffness = "exponential",
    restraint_weight: float = RESTRAINT_WEIGHT,
    normalize: str | None = "atoms",
    reduction: str = "mean",
    temperature: float = 1.0,
) -> Any:
    """Springs on all pairs plus restraints, which hold the hand of each centre."""
    springs = energy(
        stiffness=stiffness, normalize=normalize, reduction=reduction, temperature=temperature
    )
    return springs + restraint_weight * RestraintLoss(reduction=reduction)


def energy_kabsch(
    *,
    stiffness: Stiffness = "exponential",
    kabsch_weight: float = KABSCH_WEIGHT,
    mirror: bool = False,
    normalize: str | None = "atoms",
    reduction: str = "mean",
    temperature: float = 1.0,
    potential: Any = "harmonic",
) -> Any:
    """Springs on all pairs plus the Kabsch MSE: local geometry and overall shape at once.

    With `mirror` the sum stays blind to mirror images, as the springs are.
    """
    springs = energy(
        stiffness=stiffness,
        normalize=normalize,
        reduction=reduction,
        temperature=temperature,
        potential=potential,
    )
    return springs + kabsch_weight * KabschMSELoss(mirror=mirror, reduction=reduction)


def symmetric_kabsch(*, mirror: bool = False, reduction: str = "mean") -> SymmetricLoss:
    """The Kabsch MSE, equivalent atoms of the molecular graph exchanged freely."""
    return SymmetricLoss(KabschMSELoss(mirror=mirror), reduction=reduction)


def energy_absolute_kabsch(
    *,
    stiffness: Stiffness = "inverse_square",
    kabsch_weight: float = 1.0,
    mirror: bool = True,
    normalize: str | None = "atoms",
    reduction: str = "mean",
    temperature: float = 1.0,
) -> Any:
    """`energy_absolute` plus the Kabsch MSE to the nearer of the target and its mirror image."""
    return energy_kabsch(
        stiffness=stiffness,
        kabsch_weight=kabsch_weight,
        mirror=mirror,
        normalize=normalize,
        reduction=reduction,
        temperature=temperature,
        potential="absolute",
    )


def energy_absolute_l1(
    *,
    stiffness: Stiffness = "inverse_square",
    l1_weight: float = L1_WEIGHT,
    normalize: str | None = "atoms",
    reduction: str = "mean",
    temperature: float = 1.0,
    potential: Any = "absolute",
) -> Any:
    """`energy_absolute` plus `distance_l1`: near pairs count most, far ones not too little."""
    springs = energy(
        stiffness=stiffness,
        normalize=normalize,
        reduction=reduction,
        temperature=temperature,
        potential=potential,
    )
    return springs + l1_weight * distance_l1(reduction=reduction)


def multiscale(
    *,
    stiffness: Stiffness = "inverse_square",
    l1_weight: float = L1_WEIGHT,
    rmsd_weight: float = RMSD_WEIGHT,
    mirror: bool = True,
    normalize: str | None = "atoms",
    reduction: str = "mean",
    temperature: float = 1.0,
    potential: Any = "absolute",
) -> Any:
    """`energy_absolute_l1` plus the RMSD: bonds, all distances and the shape, all to power one."""
    springs = energy_absolute_l1(
        stiffness=stiffness,
        l1_weight=l1_weight,
        normalize=normalize,
        reduction=reduction,
        temperature=temperature,
        potential=potential,
    )
    return springs + rmsd_weight * RMSDLoss(mirror=mirror, reduction=reduction)


def multiscale_gated(
    *,
    crossover: float = 0.5,
    stiffness: Stiffness = "inverse_square",
    l1_weight: float = L1_WEIGHT,
    rmsd_weight: float = RMSD_WEIGHT,
    mirror: bool = True,
    normalize: str | None = "atoms",
    reduction: str = "mean",
    temperature: float = 1.0,
) -> NoiseGatedLoss:
    """`multiscale` where the noise is small, times the noise; MSE where it is large."""
    low = multiscale(
        stiffness=stiffness,
        l1_weight=l1_weight,
        rmsd_weight=rmsd_weight,
        mirror=mirror,
        normalize=normalize,
        temperature=temperature,
    )
    return NoiseGatedLoss(low, CoordinateMSELoss(), crossover=crossover, reduction=reduction)


def energy_absolute_sparse(
    *,
    stiffness: Stiffness = "inverse_square",
    edges_per_atom: float = SPARSE_EDGES_PER_ATOM,
    normalize: str | None = "atoms",
    reduction: str = "mean",
    temperature: float = 1.0,
) -> PairEnergyLoss:
    """`energy_absolute` on the pairs of `energy_sparse`."""
    return energy_sparse(
        stiffness=stiffness,
        edges_per_atom=edges_per_atom,
        normalize=normalize,
        reduction=reduction,
        temperature=temperature,
        potential="absolute",
    )


def multiscale_sparse(
    *,
    stiffness: Stiffness = "inverse_square",
    edges_per_atom: float = SPARSE_EDGES_PER_ATOM,
    l1_weight: float = L1_WEIGHT,
    rmsd_weight: float = RMSD_WEIGHT,
    mirror: bool = True,
    normalize: str | None = "atoms",
    reduction: str = "mean",
    temperature: float = 1.0,
) -> Any:
    """`multiscale` with its pair energies on the pairs of `energy_sparse`."""
    near, all_alike = (
        energy_absolute_sparse(
            stiffness=law,
            edges_per_atom=edges_per_atom,
            normalize=divisor,
            reduction=reduction,
            temperature=scale,
        )
        # By the square of the number of atoms: the mean over all pairs, not over those drawn.
        for law, divisor, scale in (
            (stiffness, normalize, temperature),
            ("constant", "atoms_squared", 1.0),
        )
    )
    shape = RMSDLoss(mirror=mirror, reduction=reduction)
    return near + l1_weight * all_alike + rmsd_weight * shape


def energy_lattice(
    *,
    stiffness: Stiffness = "exponential",
    lattice_weight: float = 1.0,
    normalize: str | None = "atoms",
    reduction: str = "mean",
    temperature: float = 1.0,
    potential: Any = "harmonic",
    cutoff: float | None = None,
) -> LatticeLoss:
    """Springs to all images; a predicted lattice is scored apart from the atoms in it."""
    springs = energy(
        stiffness=stiffness,
        normalize=normalize,
        reduction=reduction,
        temperature=temperature,
        potential=potential,
        cutoff=cutoff,
    )
    return LatticeLoss(springs, weight=lattice_weight)


def energy_absolute_lattice(
    *,
    stiffness: Stiffness = "inverse_square",
    lattice_weight: float = 1.0,
    normalize: str | None = "atoms",
    reduction: str = "mean",
    temperature: float = 1.0,
) -> LatticeLoss:
    """`energy_absolute`; a predicted lattice is scored apart from the atoms in it."""
    return energy_lattice(
        stiffness=stiffness,
        lattice_weight=lattice_weight,
        normalize=normalize,
        reduction=reduction,
        temperature=temperature,
        potential="absolute",
    )


def lddt_kabsch(
    *,
    cutoff: float = 15.0,
    kabsch_weight: float = KABSCH_WEIGHT,
    mirror: bool = False,
    reduction: str = "mean",
) -> Any:
    """The smooth lDDT plus the Kabsch MSE."""
    local = SmoothLDDTLoss(cutoff=cutoff, reduction=reduction)
    return local + kabsch_weight * KabschMSELoss(mirror=mirror, reduction=reduction)


def distance_l1(*, cutoff: float | None = None, reduction: str = "mean") -> DistanceLoss:
    """The mean absolute error of all pair distances."""
    return DistanceLoss("l1", cutoff=cutoff, reduction=reduction)


def distance_l1_kabsch(
    *,
    cutoff: float | None = None,
    kabsch_weight: float = KABSCH_WEIGHT,
    mirror: bool = False,
    reduction: str = "mean",
) -> Any:
    """The mean absolute error of all pair distances plus the Kabsch MSE."""
    distances = distance_l1(cutoff=cutoff, reduction=reduction)
    return distances + kabsch_weight * KabschMSELoss(mirror=mirror, reduction=reduction)
