"""Would a chemist accept a predicted structure at all."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch_geometric.data import Data

from pyg_energyloss.losses.parts.graph_info import graph_info
from pyg_energyloss.metrics.stereo import KINDS, stereo_right
from pyg_energyloss.restraints import Kind, Restraints, from_data
from pyg_energyloss.restraints.kinds import TOLERANCES
from pyg_energyloss.stiffness.base import check_positive


class AcceptableEvaluator:
    """Whether all bonds are close, no atoms clash and all stereo is right.

    A clash is a pair four or more bonds apart that is 0.4 Å closer than 0.75 of the sum of its van
    der Waals radii, and than in the true structure, as in `restraints.violations`. The stereo may
    be right in the mirror image as a whole: distances cannot tell, and `RMSDEvaluator` allows it.

    Args:
        bond: largest error of a bond length, in Å.

    Raises:
        ValueError: `bond` is not positive.

    >>> from torch_geometric.data import Batch, Data
    >>> pos = torch.tensor([[0.0, 0, 0], [1, 0, 0], [1, 1, 0]])
    >>> bent = Data(pos=pos, z=torch.tensor([8, 6, 8]), edge_index=torch.tensor([[0, 1], [1, 2]]))
    >>> evaluate, batch = AcceptableEvaluator(), Batch.from_data_list([bent, bent])
    >>> evaluate(torch.cat([1.05 * pos, 1.15 * pos]), batch)["acceptable"].tolist()
    [1.0, 0.0]
    """

    def __init__(self, *, bond: float = 0.1) -> None:
        self.bond = check_positive("bond", bond)

    def __call__(self, pos_pred: Tensor, data: Data) -> dict[str, Tensor]:
        """Evaluate a batch.

        Args:
            pos_pred: Predicted positions [num_nodes, 3], Å.
            data: Batch with ``pos``, ``z`` and bonds, and ``bond_type`` if it has it.

        Returns:
            ``bonds_close``, ``no_clash``, ``stereo`` (NaN where there is none) and their
            conjunction ``acceptable``, each [num_graphs], 1 or 0.
        """
        pos, data = pos_pred.detach().cpu(), data.cpu()
        terms = from_data(data, kinds=("clash", *KINDS))
        bonds, apart = self._bonds(pos, data), _apart(pos, data, terms.select(("clash",)))
        stereo = _stereo(pos, terms.select(KINDS).store(data.clone()))
        return {
            "bonds_close": bonds.double(),
            "no_clash": apart.double(),
            "stereo": stereo,
            "acceptable": (bonds & apart & (stereo.nan_to_num(1.0) > 0)).double(),
        }

    def _bonds(self, pos: Tensor, data: Any) -> Tensor:
        source, target = data.edge_index
        predicted = (pos[source] - pos[target]).norm(dim=-1)
        true = (data.pos[source] - data.pos[target]).norm(dim=-1)
        bad = ~((predicted - true).abs() <= self.bond)
        if data.get("pos_mask") is not None:
            bad &= data.pos_mask[source] & data.pos_mask[target]
        return _none(bad, source, data)


def _apart(pos: Tensor, data: Any, terms: Restraints) -> Tensor:
    first, second = terms.index[:2]
    distance = (pos[first] - pos[second]).norm(dim=-1)
    least = terms.bounds[:, 0] - TOLERANCES[Kind.CLASH]
    return _none(~(distance >= least), first, data)


def _stereo(pos: Tensor, data: Any) -> Tensor:
    right, graph, _ = stereo_right(pos, data)
    mirrored = stereo_right(-pos, data)[0]
    count = graph_info(data).num_graphs
    terms, as_is, mirror = (
        torch.bincount(graph[mask], minlength=count)
        for mask in (torch.ones_like(right), right, mirrored)
    )
    whole = (as_is == terms) | (mirror == terms)
    return torch.where(terms > 0, whole.double(), torch.nan)


def _none(bad: Tensor, node: Tensor, data: Any) -> Tensor:
    """Whether no term of a graph is bad."""
    info = graph_info(data)
    graph = torch.zeros_like(node) if info.batch is None else info.batch[node]
    return torch.bincount(graph[bad], minlength=info.num_graphs) == 0
