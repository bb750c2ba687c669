"""How many pairs of each graph are closer than a cutoff."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from pyg_energyloss.functional.engine import Problem, engine_name
from pyg_energyloss.functional.engine.checks import check_batch, looks
from pyg_energyloss.functional.graphs import compute_dtype, resolve_batch
from pyg_energyloss.functional.neighbour_energy import check_nucleotides, neighbour_energy
from pyg_energyloss.functional.node_weight import check_node_weight
from pyg_energyloss.functional.pair_energy import check_cutoff
from pyg_energyloss.functional.transformed import is_transformed
from pyg_energyloss.potentials import LDDT


def neighbour_weight(
    pos: Tensor,
    cutoff: float | None,
    *,
    node_weight: Tensor | None = None,
    batch: Tensor | None = None,
    num_graphs: int | None = None,
    is_nucleotide: Tensor | None = None,
    nucleotide_cutoff: float | None = 30.0,
) -> Tensor:
    r"""Return the number of ordered pairs closer than a cutoff, or the sum of their weights.

    .. math:: \sum_{i \ne j,\, |y_i - y_j| < c_i} w_i w_j

    Args:
        pos: positions [num_nodes, dim], in Å.
        cutoff: c, in Å; None counts all pairs.
        node_weight: w_i [num_nodes]; None means one.
        batch: graph of every node [num_nodes]; None means one graph.
        num_graphs: number of graphs.
        is_nucleotide: atoms [num_nodes] that have another cutoff; None means none.
        nucleotide_cutoff: c of these, in Å; None counts all their pairs.

    Returns:
        [num_graphs], at least float32, without gradient.

    >>> neighbour_weight(torch.tensor([[0.0], [1.0], [3.0]]), 2.5).round(decimals=4)
    tensor([4.])
    """
    with torch.no_grad():
        place = pos.to(compute_dtype(pos)).contiguous()
        batch, count = resolve_batch(pos, batch, num_graphs)
        if looks(place) and not is_transformed():
            problem = Problem(place, place, batch, count, None)
            if engine_name(problem) == "numba":
                reach = torch.full_like(place[:, 0], _squared(cutoff))
                if is_nucleotide is not None:
                    kind = check_nucleotides(is_nucleotide, pos)
                    reach[kind == 1] = _squared(nucleotide_cutoff)
                return _counted(problem, check_node_weight(node_weight, pos), reach)
        potential = LDDT()
        # The one potential that is not zero where nothing has moved.
        one = potential.energy(place.new_zeros(()))
        total = neighbour_energy(
            place,
            place,
            potential=potential,
            cutoff=cutoff,
            is_nucleotide=is_nucleotide,
            nucleotide_cutoff=nucleotide_cutoff,
            node_weight=node_weight,
            batch=batch,
            num_graphs=count,
        )
        return total / one


def _squared(cutoff: float | None) -> float:
    reach = check_cutoff(cutoff)
    return math.inf if reach is None else reach * reach


def _counted(problem: Problem, node_weight: Tensor | None, reach: Tensor) -> Tensor:
    """The same by a kernel that only compares distances."""
    from pyg_energyloss.functional.engine.numba.neighbours import neighbour_sums

    place, batch = problem.pos, problem.batch
    weight = torch.ones_like(reach) if node_weight is None else node_weight.detach()
    if batch is None:
        batch = torch.zeros(len(place), dtype=torch.long)
    else:
        check_batch(batch, problem.num_graphs)
    found = neighbour_sums(
        place.detach().numpy(),
        weight.numpy(),
        reach.numpy(),
        batch.long().numpy(),
        problem.num_graphs,
    )
    return torch.from_numpy(found).to(place.dtype)
