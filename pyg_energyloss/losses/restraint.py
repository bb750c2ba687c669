"""Restraints as a loss."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from pyg_energyloss.losses.parts.graph_info import graph_info
from pyg_energyloss.losses.parts.reduce import reduce_graphs
from pyg_energyloss.losses.parts.structure import StructureLoss
from pyg_energyloss.restraints import Restraints, from_data, restraint_energy
from pyg_energyloss.restraints.energy import Potentials


class RestraintLoss(StructureLoss):
    """Hold chirality, E/Z, planes, rings, bonds, angles; add it to a pair energy.

    Distances do not see handedness, and one inverted centre is a small part of any pair energy; a
    term of its own is not. Formula: `pyg_energyloss.restraints.restraint_energy`.

    Args:
        restraints: the terms, numbered as the nodes of the batch; None reads those that
            `RestraintTransform` stored in the data, or, where there are none, makes those of
            `from_data` at every call, which takes far longer than the energy.
        potential: φ for all kinds of terms, or for some by name; harmonic if None.
        reduction: over graphs: "mean", "sum", or "none" for one value per graph.

    Raises:
        ValueError: `reduction` is something else.

    >>> from pyg_energyloss import PairEnergyLoss
    >>> PairEnergyLoss() + 0.5 * RestraintLoss()
    1 * PairEnergyLoss(Exponential(1, length=1)) + 0.5 * RestraintLoss()

    Source: see `pyg_energyloss.restraints.restraint_energy`.
    """

    def __init__(
        self,
        restraints: Restraints | None = None,
        *,
        potential: Potentials = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction=reduction)
        self.restraints, self.potential = restraints, potential

    def forward(self, pos_pred: Tensor, data: Any) -> Tensor:
        """Return the reduced energy of predicted positions [num_nodes, 3].

        A term of which an atom is masked by ``data.pos_mask`` is not there; with
        ``data.pos_weight`` a term is multiplied by the weights of its atoms.

        Raises:
            TypeError, ValueError: `data` lacks graph information, or terms and bonds.
        """
        info = graph_info(data)
        terms = self.restraints if self.restraints is not None else Restraints.stored_in(data)
        if terms is None:
            # A host's batch is no PyG data, but has what it takes to make it.
            terms = from_data(data.to_pyg() if hasattr(data, "to_pyg") else data)
        energy = restraint_energy(
            pos_pred,
            terms.to(pos_pred.device),
            potential=self.potential,
            **info.graphs,
        )
        return reduce_graphs(energy, self.reduction)
