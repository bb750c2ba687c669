"""The energy of pairs closer than a cutoff that depends on what the two atoms are."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from pyg_energyloss.functional.complete_pair_energy import complete_pair_energy
from pyg_energyloss.functional.sample_energy import sample_energy
from pyg_energyloss.radial import Form, RadialForm, TableForm

_ONE = RadialForm(Form.CONSTANT, 1.0)

#: How much a pair counts that is inside the cutoff of the other atoms, and of the nucleotides, by
#: whether its ends are nucleotides: one half for each end whose cutoff that is.
_SHARES = ([[1.0, 0.5], [0.5, 0.0]], [[0.0, 0.5], [0.5, 1.0]])


def neighbour_energy(
    pos_pred: Tensor,
    pos_target: Tensor,
    *,
    potential: Any,
    cutoff: float | None,
    is_nucleotide: Tensor | None,
    nucleotide_cutoff: float | None,
    **graphs: Any,
) -> Tensor:
    r"""Return the energy of all pairs of neighbours, for each graph.

    .. math:: \sum_{i \ne j} [d_{ij} < c_i]\, w_i w_j\, \varphi(e_{ij})

    where c_i is the cutoff of atom i. Both orders of a pair are in the sum and φ is the same for
    both, so half of a pair may count for each of its ends: it does not matter whether the rule asks
    the atom of the row or that of the column.

    Args:
        pos_pred: predicted positions [num_nodes, dim], in Å, or samples [num_samples, ...] of them.
        pos_target: true positions [num_nodes, dim], in Å.
        potential: φ.
        cutoff: c of atoms that are not of nucleotides, in Å.
        is_nucleotide: which atoms are of nucleotides [num_nodes]; None means none.
        nucleotide_cutoff: c of these, in Å.
        graphs: `batch`, `num_graphs`, `node_weight`.

    Raises:
        TypeError, ValueError: an argument has a wrong type or shape.
    """
    energy_of = complete_pair_energy if pos_pred.dim() == pos_target.dim() else sample_energy
    if is_nucleotide is None:
        return energy_of(pos_pred, pos_target, potential=potential, cutoff=cutoff, **graphs)
    kind = check_nucleotides(is_nucleotide, pos_target)
    laws: list[Any] = [
        TableForm(_ONE, torch.tensor(shares, device=kind.device), kind) for shares in _SHARES
    ]
    energies = [
        energy_of(
            pos_pred,
            pos_target,
            stiffness=law,
            potential=potential,
            cutoff=reach,
            **graphs,
        )
        for law, reach in zip(laws, (cutoff, nucleotide_cutoff), strict=True)
    ]
    return energies[0] + energies[1]


def check_nucleotides(is_nucleotide: Tensor, pos: Tensor) -> Tensor:
    """Return 1 for atoms of nucleotides and 0 for others [num_nodes].

    Raises:
        TypeError: it is neither boolean nor of whole numbers.
        ValueError: it has another shape.

    >>> check_nucleotides(torch.tensor([True, False]), torch.zeros(2, 3))
    tensor([1, 0])
    """
    if not isinstance(is_nucleotide, Tensor) or is_nucleotide.is_floating_point():
        got = getattr(is_nucleotide, "dtype", type(is_nucleotide).__name__)
        raise TypeError(f"`is_nucleotide` must be a boolean tensor [num_nodes], got {got}")
    if is_nucleotide.shape != pos.shape[:1]:
        raise ValueError(
            f"`is_nucleotide` must have one entry per node ({pos.size(0)}), "
            f"got shape {tuple(is_nucleotide.shape)}"
        )
    return is_nucleotide.bool().long()
