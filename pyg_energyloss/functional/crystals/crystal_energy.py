"""The pair energy of crystals: springs to all images, with a true and a predicted lattice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from pyg_energyloss.functional.crystals.crystal_springs import CrystalSprings, crystal_springs
from pyg_energyloss.functional.crystals.image_search import SLACK
from pyg_energyloss.functional.crystals.minimum_image import reduced_cells
from pyg_energyloss.functional.crystals.unwrap import unwrap_shift
from pyg_energyloss.functional.engine import law_function, law_of
from pyg_energyloss.functional.graphs import check_positions, compute_dtype, resolve_batch
from pyg_energyloss.functional.node_weight import check_node_weight, present
from pyg_energyloss.functional.pair_energy import pair_energy
from pyg_energyloss.radial import RadialForm


def crystal_energy(
    pos_pred: Tensor,
    pos_target: Tensor,
    cell: Tensor,
    *,
    cell_pred: Tensor | None = None,
    pbc: Tensor | None = None,
    cutoff: float | None = None,
    stiffness: Callable[[Tensor], Tensor] | None = None,
    batch: Tensor | None = None,
    num_graphs: int | None = None,
    graph_weight: Tensor | None = None,
    fractional: bool = False,
    springs: CrystalSprings | None = None,
    potential: Any = None,
    node_weight: Tensor | None = None,
    total: bool = False,
) -> Tensor:
    r"""Return the energy per cell of springs to all images within a cutoff, for each crystal.

    .. math:: E = \sum_{i,j,s} \tfrac12 k(d_{ijs})
              (d_{ijs} - |\hat y_j + s \hat C - \hat y_i|)^2, \quad
              d_{ijs} = |y_j + s C - y_i| \le r

    The sum runs over ordered pairs of atoms and all cells s, an atom's own images included; so it
    does not depend on the origin, on the choice of the cell (a supercell of n cells has n times
    the energy), on which image of an atom is written down, nor on the order of the atoms. The
    predicted lattice enters the predicted lengths alone: its gradient is a stress.

    Args:
        pos_pred: predicted positions [num_nodes, dim], in Å, in any cell.
        pos_target: true positions [num_nodes, dim], in Å, in any cell.
        cell: true lattice vectors as rows [num_graphs, dim, dim] or [dim, dim], in Å.
        cell_pred: predicted lattice vectors, vector by vector those of `cell`, of the same shape;
            None means the true ones.
        pbc: which lattice vectors repeat [num_graphs, dim] or [dim]; None means all.
        cutoff: r, on the true distance; None means 2.4 mean spacings, see `crystal_springs`.
        stiffness: true distance -> k, taken without gradient; None means k = 1.
        batch: graph of every node [num_nodes]; None means one graph.
        num_graphs: number of graphs.
        graph_weight: factor of each graph's energy [num_graphs], such as 1 / atoms.
        fractional: both positions are multiples of the lattice vectors, of the predicted and of
            the true ones.
        springs: from `crystal_springs` or `listed_springs`; None finds those of the target.
        potential: how the energy grows with the deviation of a distance; None means harmonic.
        node_weight: w_i [num_nodes]; a pair weighs w_i w_j, a node of weight 0 is not there.
        total: return the sum over graphs.

    Returns:
        [num_graphs], or [] if `total`, energy in stiffness x Å², twice differentiable in
        `pos_pred` and `cell_pred`.

    Raises:
        TypeError, ValueError: an argument has a wrong type or shape.

    >>> atom, cube = torch.zeros(1, 3), torch.eye(3)[None]
    >>> crystal_energy(atom, atom, 2 * cube, cell_pred=3 * cube, cutoff=2.0)  # six images at 2 Å
    tensor([3.])

    Source: arXiv 2511.02087, eq 7, where a structure is finite; the sum over images is ours.
    """
    check_positions(pos_pred, pos_target)
    batch, count = resolve_batch(pos_pred, batch, num_graphs)
    dim = pos_pred.size(1)
    lattice = cell if cell_pred is None else cell_pred
    if lattice.shape[-2:] != (dim, dim) or lattice.numel() != cell.numel():
        raise ValueError(
            f"`cell_pred` must have the shape of `cell` {tuple(cell.shape)}, "
            f"got {tuple(lattice.shape)}"
        )
    dtype = compute_dtype(pos_pred)
    graph = torch.zeros_like(pos_pred[:, 0], dtype=torch.long) if batch is None else batch
    with torch.autocast(pos_pred.device.type, enabled=False):
        true_cell = cell.to(dtype).reshape(-1, dim, dim).expand(count, dim, dim)
        lattice = lattice.to(dtype).reshape(-1, dim, dim).expand(count, dim, dim)
        share = check_node_weight(node_weight, pos_pred)
        there = None if share is None else share != 0
        pred, target = present(pos_pred.to(dtype), share), present(pos_target.to(dtype), share)
        if fractional:
            pred, target = _combined(pred, lattice[graph]), _combined(target, true_cell[graph])
        if springs is None:
            springs = crystal_springs(
                target,
                true_cell,
                pbc=pbc,
                cutoff=cutoff,
                batch=batch,
                num_graphs=count,
                present=there,
            )
        whole = unwrap_shift(
            pred,
            target,
            reduced_cells(true_cell, pbc),
            cell_pred=lattice,
            batch=batch,
            present=None if there is None else there.cpu().numpy(),
        )
        atom, shift = springs.atom, springs.shift.to(dtype)
        owner = graph[atom]
        energy = pair_energy(
            pred[atom] + _combined(whole[atom] + shift, lattice[owner]),
            target[atom] + _combined(shift, true_cell[owner]),
            springs.edge_index,
            stiffness=_of_images(stiffness, atom),
            edge_weight=springs.edge_weight,
            batch=owner,
            num_graphs=count,
            graph_weight=graph_weight,
            potential=potential,
            # For given springs; those that are found here stay all, images at the cutoff too.
            cutoff=None if cutoff is None else cutoff * (1.0 + 2.0 * SLACK),
            node_weight=None if share is None else share[atom],
            total=total,
        )
    return energy.to(pos_pred.dtype)


class _OfImages:
    """A law of the two ends of a pair, asked about images of atoms."""

    def __init__(self, law: Callable[[Tensor, Tensor, Tensor], Tensor], atom: Tensor) -> None:
        self.law, self.atom = law, atom

    def pair_stiffness(self, distance: Tensor, source: Tensor, target: Tensor) -> Tensor:
        """Return the stiffness between the atoms whose images these are."""
        return self.law(distance, self.atom[source], self.atom[target])


def _of_images(stiffness: Any, atom: Tensor) -> Any:
    if stiffness is None or isinstance(law_of(stiffness), RadialForm):
        return stiffness
    return _OfImages(law_function(stiffness), atom)


def _combined(factor: Tensor, vectors: Tensor) -> Tensor:
    """Sum of lattice vectors [n, dim, dim] times factors [n, dim]."""
    return (factor[:, :, None] * vectors).sum(dim=1)
