"""The energy of restraints: of each term, each atom, each graph."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import Tensor

from pyg_energyloss.functional.graphs import (
    check_positions,
    graph_sum,
    resolve_batch,
)
from pyg_energyloss.functional.node_weight import check_node_weight
from pyg_energyloss.functional.saturate import bounded, saturate, widen
from pyg_energyloss.potentials import Harmonic, Potential
from pyg_energyloss.restraints.coordinates import nearest_allowed, term_values
from pyg_energyloss.restraints.fused import fused_energy
from pyg_energyloss.restraints.kinds import ATOMS, COORDINATES, kind_of
from pyg_energyloss.restraints.terms import Restraints

#: Å; further out atoms count as there, as the energy of a volume grows with the sixth power: in
#: float64 and float32.
_FAR = (1e25, 1e4)

#: One potential for all kinds, or some by the name of the kind (the others are harmonic).
Potentials = Potential | Mapping[str, Potential] | None


def restraint_energy(
    pos: Tensor,
    restraints: Restraints,
    *,
    potential: Potentials = None,
    batch: Tensor | None = None,
    num_graphs: int | None = None,
    node_weight: Tensor | None = None,
) -> Tensor:
    r"""Return what it costs that coordinates are outside their bounds.

    .. math:: E = \sum_t w_t\, \varphi\bigl(x_t(\hat y) \mid \mathrm{clip}(x_t, l_t, u_t)\bigr)

    Equal bounds make it the energy about a target; with the bonds as terms, of distances, that is
    the pair energy on them. Forces sum to zero in each graph. On a CPU, the potentials that the
    compiled kernels know take one fused pass.

    Args:
        pos: positions [num_nodes, 3], in Å.
        restraints: the terms, numbered as ``pos``.
        potential: φ for all kinds, or for some by name; harmonic if None.
        batch: graph of every node [num_nodes]; None means one graph.
        num_graphs: number of graphs.
        node_weight: how much each node counts [num_nodes]: a term is multiplied by the weights of
            its atoms, so that with an atom of weight 0 it is not there.

    Returns:
        [num_graphs], twice differentiable in `pos`.

    Raises:
        TypeError, ValueError: `pos` or `batch` have a wrong type or shape, a term names an atom
            that is not there, or a kind in `potential` is unknown.

    >>> bond = Restraints.of("bond", [(0, 1)], [(1.0, 1.5)])
    >>> restraint_energy(torch.tensor([[0.0, 0, 0], [3.5, 0, 0]]), bond)
    tensor([2.])

    Source: bounds and potentials as in the restraints of molecular dynamics programs; their use on
    predicted structures: Wohlwend et al., "Boltz-1", bioRxiv 2024.
    """
    check_positions(pos, pos)
    batch, count = resolve_batch(pos, batch, num_graphs)
    weights = check_node_weight(node_weight, pos)
    if weights is not None:
        restraints = _weighted(restraints, weights)
    if not len(restraints):
        return pos[:0].sum() + pos.new_zeros(count)
    potentials = _by_kind(potential)
    with torch.autocast(pos.device.type, enabled=False):
        # A volume is a cube of lengths and its energy the square of that: float32 would overflow.
        single = pos.device.type == "mps"
        wide = widen(pos, torch.float32 if single else torch.float64)
        wide = bounded(wide, _FAR[single])

        def plain(place: Tensor) -> Tensor:
            terms = _term_energy(place, restraints, potentials)
            return graph_sum(terms, None if batch is None else batch[restraints.index[0]], count)

        energy = fused_energy(wide, restraints, potentials, batch, count, plain=plain)
        return saturate(plain(wide) if energy is None else energy, pos.dtype)


def term_energy(pos: Tensor, restraints: Restraints, *, potential: Potentials = None) -> Tensor:
    """Return the energy of each term [num_terms], in plain torch; see `restraint_energy`.

    >>> bond = Restraints.of("bond", [(0, 1)], [(1.0, 1.5)])
    >>> term_energy(torch.tensor([[0.0, 0, 0], [3.5, 0, 0]]), bond)
    tensor([2.])
    """
    return _term_energy(pos, restraints, _by_kind(potential))


def atom_energy(pos: Tensor, restraints: Restraints, *, potential: Potentials = None) -> Tensor:
    """Return the energy of each atom [num_nodes]: a term's is shared evenly by its atoms.

    >>> bond = Restraints.of("bond", [(0, 1)], [(1.0, 1.5)])
    >>> atom_energy(torch.tensor([[0.0, 0, 0], [3.5, 0, 0], [9.0, 0, 0]]), bond)
    tensor([1., 1., 0.])
    """
    energy = term_energy(pos, restraints, potential=potential)
    rows = torch.tensor(ATOMS, device=pos.device)[_coordinates(restraints)]
    used = torch.arange(restraints.index.size(0), device=pos.device)[:, None] < rows
    share = torch.where(used, energy / rows, 0.0)
    return pos.new_zeros(pos.size(0)).index_add(0, restraints.index.flatten(), share.flatten())


def _term_energy(
    pos: Tensor, restraints: Restraints, potentials: Mapping[int, Potential]
) -> Tensor:
    predicted, allowed = nearest_allowed(term_values(pos, restraints), restraints)
    energy = Harmonic().value(predicted, allowed)
    for kind, potential in potentials.items():
        if not isinstance(potential, Harmonic):
            value = potential.value(predicted, allowed)
            energy = torch.where(restraints.kind == kind, value, energy)
    return restraints.weight.to(energy.dtype) * energy


def _weighted(restraints: Restraints, node_weight: Tensor) -> Restraints:
    """The terms of which all atoms are there, multiplied by the weights of the atoms."""
    rows = torch.tensor(ATOMS, device=node_weight.device)[_coordinates(restraints)]
    used = torch.arange(restraints.index.size(0), device=rows.device)[:, None] < rows
    factor = torch.where(used, node_weight[restraints.index], 1.0).prod(dim=0)
    weighted = replace(restraints, weight=restraints.weight * factor)
    return weighted.where(factor != 0)


def _by_kind(potential: Potentials) -> dict[int, Potential]:
    if potential is None:
        return {}
    if isinstance(potential, Mapping):
        return {int(kind_of(name)): chosen for name, chosen in potential.items()}
    return dict.fromkeys(range(len(COORDINATES)), potential)


def _coordinates(restraints: Restraints) -> Tensor:
    return torch.tensor(COORDINATES, device=restraints.kind.device)[restraints.kind]
