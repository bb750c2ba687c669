"""Are centres and double bonds of the right hand."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from pyg_energyloss.losses.parts.graph_info import graph_info
from pyg_energyloss.restraints import Kind, Restraints, from_data, term_values
from pyg_energyloss.restraints.violated import hand_is_right

#: What can be of either hand.
KINDS = ("chirality", "double_bond")


def stereo_right(pos_pred: Tensor, data: Any) -> tuple[Tensor, Tensor, Tensor]:
    """Tell of each stereo centre and double bond whether a prediction has its hand.

    A centre is right if its volume has the sign of the true one, a double bond if its torsion is
    within a quarter of a turn of the true one. They are those of the terms that
    `RestraintTransform` stored, or else of `from_data`.

    Args:
        pos_pred: predicted positions [num_nodes, 3].
        data: PyG data or batch with stored terms, or ``pos`` and bonds.

    Returns:
        Whether each is right [num_terms], its graph [num_terms] and its `Kind` [num_terms].

    >>> from torch_geometric.data import Data
    >>> pos = torch.tensor([[0.0, 0, 0], [1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]])
    >>> bonds = torch.tensor([[0, 0, 0, 0], [1, 2, 3, 4]])
    >>> centre = Data(pos=pos, z=torch.tensor([6, 1, 9, 17, 35]), edge_index=bonds)
    >>> stereo_right(-pos, centre)[0]
    tensor([False])
    """
    info = graph_info(data)
    stored = Restraints.stored_in(data)
    terms = from_data(data, kinds=KINDS) if stored is None else stored.select(KINDS)
    terms = terms.to(pos_pred.device)
    values = term_values(pos_pred.detach(), terms)
    middle = terms.bounds.to(values.dtype).mean(dim=1)
    centre = terms.kind == Kind.CHIRALITY
    near = torch.cos(values - torch.where(centre, 0.0, middle)) > 0
    right = torch.where(centre, hand_is_right(values, terms), near)
    graph = torch.zeros_like(terms.kind) if info.batch is None else info.batch[terms.index[0]]
    return right, graph, terms.kind


class StereoEvaluator:
    """Shares of stereo centres and of double bonds that have the right hand.

    >>> from torch_geometric.data import Batch, Data
    >>> pos = torch.tensor([[0.0, 0, 0], [1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]])
    >>> bonds = torch.tensor([[0, 0, 0, 0], [1, 2, 3, 4]])
    >>> centre = Data(pos=pos, z=torch.tensor([6, 1, 9, 17, 35]), edge_index=bonds)
    >>> StereoEvaluator()(pos, Batch.from_data_list([centre]))["right_centres"]
    tensor([1.])
    """

    def __call__(self, pos_pred: Tensor, data: Any) -> dict[str, Tensor]:
        """Evaluate a batch.

        Args:
            pos_pred: predicted positions [num_nodes, 3].
            data: as in `stereo_right`.

        Returns:
            ``right_centres`` and ``right_double_bonds``, each [num_graphs]; NaN where a graph has
            none.
        """
        right, graph, kind = stereo_right(pos_pred, data)
        count = graph_info(data).num_graphs
        found = {}
        for name, which in (
            ("right_centres", Kind.CHIRALITY),
            ("right_double_bonds", Kind.DOUBLE_BOND),
        ):
            chosen = kind == which
            total, good = (
                torch.bincount(graph[chosen & mask], minlength=count).to(pos_pred.dtype)
                for mask in (torch.ones_like(right), right)
            )
            found[name] = good / total  # 0 / 0 is NaN: there is none
        return found
