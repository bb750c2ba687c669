"""Root mean square deviation after the best superposition, equivalent atoms exchanged freely."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch_geometric.data import Data

from pyg_energyloss.symmetry.group import group_elements


class RMSDEvaluator:
    """Smallest RMSD over rotations, reflections and relabellings of equivalent atoms.

    Atoms are equivalent if an automorphism of the bond graph with its elements exchanges them. Up
    to 512 automorphisms all are tried; beyond, a descent along generators gives an upper bound.
    Reflections are free because a distance-based loss cannot tell mirror images apart.

    Args:
        threshold: An RMSD below it counts as a success, in Å.
    """

    def __init__(self, *, threshold: float = 0.3) -> None:
        if threshold <= 0:
            raise ValueError(f"`threshold` must be positive (Å), got {threshold}")
        self.threshold = threshold

    def __call__(self, pos_pred: Tensor, data: Data) -> dict[str, Tensor]:
        """Evaluate a batch.

        Args:
            pos_pred: Predicted positions [num_nodes, 3], Å.
            data: Batch with ``pos``, ``z``, ``edge_index`` (bonds), ``ptr``.

        Returns:
            ``rmsd`` [num_graphs] in Å, and ``success`` [num_graphs], 1 where it is below the
            threshold.

        Raises:
            ImportError: igraph is missing.
        """
        predicted = pos_pred.detach().cpu().double().numpy()
        true = data.pos.detach().cpu().double().numpy()
        z, bonds = data.z.cpu().numpy(), data.edge_index.cpu().numpy()
        ptr = data.ptr.cpu().numpy()
        owner = np.searchsorted(ptr, bonds[0], side="right") - 1
        rmsd = []
        for graph in range(len(ptr) - 1):
            part = slice(ptr[graph], ptr[graph + 1])
            group = generators(z[part], bonds[:, owner == graph] - ptr[graph])
            rmsd.append(best_rmsd(predicted[part], true[part], group))
        values = torch.tensor(rmsd, dtype=torch.float64)
        # A prediction that is not finite is no success.
        return {"rmsd": values, "success": (values < self.threshold).double()}


def generators(z: NDArray[np.int64], bonds: NDArray[np.int64]) -> NDArray[np.int64]:
    """Generators of the automorphism group of a molecular graph, [num_generators, num_atoms].

    Raises:
        ImportError: igraph is missing.
    """
    from pyg_energyloss.symmetry import automorphism_generators

    found = automorphism_generators(torch.from_numpy(bonds), len(z), colors=torch.from_numpy(z))
    return np.asarray(found, dtype=np.int64).reshape(-1, len(z))


def best_rmsd(
    predicted: NDArray[np.float64], true: NDArray[np.float64], generators: NDArray[np.int64]
) -> float:
    """Smallest RMSD over O(3), shifts and the group that the generators span.

    Args:
        predicted: Positions [num_atoms, 3].
        true: Positions [num_atoms, 3].
        generators: Permutations [num_generators, num_atoms]; none means the identity alone.

    Returns:
        RMSD in the unit of the positions; infinite if a predicted position is not finite.

    >>> square = np.array([[1.0, 0, 0], [0, 1, 0], [-1, 0, 0], [0, -1, 0]])
    >>> swapped = square[[1, 0, 2, 3]]
    >>> best_rmsd(swapped, square, np.array([[1, 0, 2, 3]])) < 1e-7
    True
    """
    if not np.isfinite(predicted).all():
        return float("inf")
    permutation = best_permutation(predicted, true, generators)
    moved = superpose(predicted, true[permutation])
    return float(np.sqrt(((moved - true[permutation]) ** 2).sum(-1).mean()))


def superpose(predicted: NDArray[np.float64], true: NDArray[np.float64]) -> NDArray[np.float64]:
    """Move, rotate and, if it helps, mirror ``predicted`` onto ``true``; both [num_atoms, 3].

    Source: W. Kabsch, Acta Cryst. A32, 922 (1976), over O(3).
    """
    a, b = predicted - predicted.mean(0), true - true.mean(0)
    u, _, vt = np.linalg.svd(a.T @ b)
    moved: NDArray[np.float64] = a @ (u @ vt) + true.mean(0)
    return moved


def best_permutation(
    predicted: NDArray[np.float64], true: NDArray[np.float64], generators: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Relabelling of ``true``, [num_atoms], for which the superposition is closest."""
    a, b = predicted - predicted.mean(0), true - true.mean(0)
    identity = np.arange(len(a))[None]

    def overlaps(permutations: NDArray[np.int64]) -> NDArray[np.float64]:
        # Over O(3) the best overlap is the sum of singular values of the covariance.
        covariance = np.einsum("ni,pnj->pij", a, b[permutations])
        return np.linalg.svd(covariance, compute_uv=False).sum(-1)  # type: ignore[no-any-return]

    group = group_elements(generators)
    if group is not None:
        found: NDArray[np.int64] = group[overlaps(group).argmax()]
        return found
    current: NDArray[np.int64] = identity[0]
    best = overlaps(identity)[0]
    while True:
        steps = current[generators]
        values = overlaps(steps)
        if values.max() <= best + 1e-9:
            return current
        current, best = steps[values.argmax()], values.max()
