"""How many pairs of atoms of a predicted structure are in each other's way."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch_geometric.data import Data

from pyg_energyloss.data.hops import hop_edges
from pyg_energyloss.losses.parts.graph_info import graph_info
from pyg_energyloss.restraints.kinds import TOLERANCES, Kind
from pyg_energyloss.restraints.radii import van_der_waals_radii
from pyg_energyloss.restraints.structures import CLASH_HOPS, CLASH_SHARE

#: Atoms so many bonds apart, or fewer, never clash.
NEAR = CLASH_HOPS - 1
#: Keeps graphs apart in a fourth coordinate, Å.
APART = 1e6


class ClashEvaluator:
    """Clashes for each 1000 atoms.

    A clash is a pair four or more bonds apart that is 0.4 Å closer than 0.75 of the sum of its van
    der Waals radii, and than in the true structure, as in `restraints.violations`. Near pairs are
    found by a tree, so that time and memory grow with the number of atoms, not of pairs.

    >>> from torch_geometric.data import Batch, Data
    >>> pos = torch.tensor([[0.0, 0, 0], [4.0, 0, 0]])  # two carbons, no bond
    >>> far = Data(pos=pos, z=torch.tensor([6, 6]), edge_index=torch.empty(2, 0, dtype=torch.long))
    >>> predicted = torch.cat([pos, 0.5 * pos])
    >>> ClashEvaluator()(predicted, Batch.from_data_list([far, far]))["clashes"].tolist()
    [0.0, 500.0]
    """

    def __call__(self, pos_pred: Tensor, data: Data) -> dict[str, Tensor]:
        """Evaluate a batch.

        Args:
            pos_pred: Predicted positions [num_nodes, 3], Å.
            data: Batch with ``pos``, ``z`` and ``edge_index`` (bonds).

        Returns:
            ``clashes`` [num_graphs] for each 1000 atoms; NaN where a position is not finite.
        """
        from scipy.spatial import cKDTree

        info = graph_info(data)
        count = info.num_graphs
        predicted, true = (p.detach().cpu().double().numpy() for p in (pos_pred, info.pos))
        graph = np.zeros(len(true), np.int64) if info.batch is None else info.batch.cpu().numpy()
        finite = np.isfinite(predicted).all(axis=1)
        radii = van_der_waals_radii(data.z.cpu().numpy())
        least = CLASH_SHARE * 2 * radii.max(initial=0.0) - TOLERANCES[Kind.CLASH]
        here = np.where(finite[:, None], predicted, 0.0)
        points = np.column_stack([here, APART * (2 * graph + ~finite)])
        first, second = cKDTree(points).query_pairs(max(least, 0.0), output_type="ndarray").T
        allowed = np.minimum(
            CLASH_SHARE * (radii[first] + radii[second]), _length(true, first, second)
        )
        close = _length(predicted, first, second) < allowed - TOLERANCES[Kind.CLASH]
        first, second = first[close], second[close]
        apart = ~_bonded(data.edge_index.cpu().numpy(), first, second, len(true))
        found = np.bincount(graph[first[apart]], minlength=count)
        atoms = np.bincount(graph, minlength=count)
        with np.errstate(invalid="ignore"):  # a graph without atoms has no share
            share = 1000.0 * found / atoms
        share[np.unique(graph[~finite])] = np.nan
        return {"clashes": torch.from_numpy(share)}


def _length(
    pos: NDArray[np.float64], first: NDArray[np.int64], second: NDArray[np.int64]
) -> NDArray[np.float64]:
    found: NDArray[np.float64] = np.linalg.norm(pos[first] - pos[second], axis=1)
    return found


def _bonded(
    bonds: NDArray[np.int64], first: NDArray[np.int64], second: NDArray[np.int64], num_nodes: int
) -> NDArray[np.bool_]:
    """Whether pairs are fewer than four bonds apart."""
    pairs, _ = hop_edges(np.concatenate([bonds, bonds[::-1]], axis=1), num_nodes, max_hops=NEAR)
    found: NDArray[np.bool_] = np.isin(first * num_nodes + second, pairs[0] * num_nodes + pairs[1])
    return found
