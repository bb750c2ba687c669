"""The mirror image, where more centres have the right hand in it."""

from __future__ import annotations

import torch
from torch import Tensor

from pyg_energyloss.functional.graphs import graph_sum, resolve_batch
from pyg_energyloss.restraints.coordinates import term_values
from pyg_energyloss.restraints.kinds import Kind
from pyg_energyloss.restraints.terms import Restraints


def choose_hand(
    pos: Tensor,
    restraints: Restraints,
    *,
    batch: Tensor | None = None,
    num_graphs: int | None = None,
) -> Tensor:
    r"""Return each structure or its mirror image, whichever has more centres of the right hand.

    .. math:: \hat y \leftarrow s\,(\hat y - c) + c, \quad
              s = \mathrm{sign} \sum_t \mathrm{sign}(V_t)\, \mathrm{sign}(V_t^*)

    with the volumes V of the centres, those V* that they should have and the centroid c. Distances
    are the same in both, so what a model learnt from a pair energy, or what a network that is
    equivariant under reflections predicts, is as good; only the hands of several centres relative
    to each other must be learnt.

    Args:
        pos: positions [num_nodes, 3].
        restraints: the terms; only those of chirality count.
        batch: graph of every node [num_nodes]; None means one graph.
        num_graphs: number of graphs.

    Returns:
        [num_nodes, 3], differentiable in ``pos``. A graph without centres, or with as many right as
        wrong, stays as it is.

    >>> centre = Restraints.of("chirality", [(0, 1, 2, 3, 0)], [(1.0, 1.0)])
    >>> mirrored = torch.tensor([[0.0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, -1]])
    >>> before, after = (term_values(p, centre) for p in (mirrored, choose_hand(mirrored, centre)))
    >>> (before < 0).tolist(), (after > 0).tolist()
    ([True], [True])
    """
    owner, count = resolve_batch(pos, batch, num_graphs)
    centres = restraints.where(restraints.kind == Kind.CHIRALITY)
    wanted = centres.bounds.to(pos.dtype).clamp(-1.0, 1.0).sum(dim=1).sign()
    agree = (term_values(pos.detach(), centres).sign() * wanted)[:, None]
    votes = graph_sum(agree, None if owner is None else owner[centres.index[0]], count)
    sign = torch.where(votes < 0, -1.0, 1.0).to(pos.dtype)
    nodes = graph_sum(torch.ones_like(pos[:, :1]), owner, count).clamp(min=1)
    centroid = graph_sum(pos, owner, count) / nodes
    if owner is None:
        return centroid + sign * (pos - centroid)
    return centroid[owner] + sign[owner] * (pos - centroid[owner])
