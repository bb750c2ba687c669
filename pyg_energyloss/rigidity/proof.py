"""Proof that one placement is fixed by its edges: an order of lateration, and a rebuilt copy."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pyg_energyloss.rigidity.frame import TOLERANCE, affine_frame, check_finite
from pyg_energyloss.rigidity.graph import is_complete, undirected_pairs
from pyg_energyloss.rigidity.lateration import laterate
from pyg_energyloss.rigidity.rebuild import rebuild


class Proof(NamedTuple):
    """What `prove` found.

    ``universally_rigid``: proved; False means not decided. ``order``: the atoms as they were
    rebuilt. ``rebuild_error``: largest distance between an atom and itself in the structure rebuilt
    from the lengths alone, in the unit of the positions; infinite if it is not whole.
    """

    universally_rigid: bool
    order: tuple[int, ...]
    rebuild_error: float


def prove(edge_index: Any, pos: Any) -> Proof:
    """Try to prove that the lengths of these edges leave no other structure than this placement.

    The part of `certify` that concerns the placement, without the Hessian, so several times as
    fast. An order is looked for in which every atom is joined to earlier ones that span all earlier
    ones, or the atom itself, and the structure is rebuilt along it from the lengths alone.

    Args:
        edge_index: [2, num_edges], one direction or both.
        pos: positions [num_nodes, dim].

    Returns:
        The proof, or that nothing is decided.

    Raises:
        ValueError: shapes do not fit, or positions are not finite.

    Example:
        >>> square = np.array([[0.0, 0], [1, 0], [1, 1], [0, 1]])
        >>> prove([[0, 1, 2, 3], [1, 2, 3, 0]], square).universally_rigid
        False
        >>> prove([[0, 1, 2, 3, 0, 1], [1, 2, 3, 0, 2, 3]], square).universally_rigid
        True
    """
    points = placement(pos)
    num_nodes, dim = points.shape
    pairs = undirected_pairs(edge_index, num_nodes)
    if is_complete(pairs, num_nodes):
        # Tight lateration is among all pairs; to search for an order would take n³ steps.
        pairs = laterate(points).pairs
    length = np.linalg.norm(points[pairs[0]] - points[pairs[1]], axis=1)
    # The hubs of the placement are where tight lateration starts; elsewhere it may get stuck.
    hubs = affine_frame(points)[0].tolist()
    built = rebuild(pairs, length, num_nodes, dim=dim, start=hubs)
    error = aligned_error(built.pos, points) if built.is_whole else np.inf
    proved = error <= TOLERANCE * _extent(points) and holds_by_lateration(
        built.order, pairs, points
    )
    return Proof(proved, tuple(built.order.tolist()), error)


def holds_by_lateration(
    order: NDArray[np.int64],
    pairs: NDArray[np.int64],
    pos: NDArray[np.float64],
    *,
    tolerance: float = TOLERANCE,
) -> bool:
    """Tell whether each atom is joined to earlier ones that span all earlier ones, or the atom.

    By induction the lengths then fix the structure, in any dimension, up to congruence.

    Args:
        order: the atoms, each once [num_nodes].
        pairs: each pair once [2, num_pairs].
        pos: positions [num_nodes, dim].
        tolerance: heights below this share of the extent count as zero.

    Example:
        >>> line = np.array([[0.0, 0], [1, 0], [2, 0]])
        >>> holds_by_lateration(np.arange(3), np.array([[0, 1], [1, 2]]), line)
        False
    """
    limit = tolerance * _extent(pos)
    rank = np.empty(len(pos), np.int64)
    rank[order] = np.arange(len(order))
    later, earlier = np.where(rank[pairs[0]] > rank[pairs[1]], pairs, pairs[::-1])
    by_later = np.argsort(later, kind="stable")
    stops = np.searchsorted(later[by_later], np.arange(-1, len(pos)), side="right")
    axes = np.zeros((0, pos.shape[1]))
    for v in order[1:].tolist():
        anchors = pos[earlier[by_later[stops[v] : stops[v + 1]]]]
        if len(anchors) == 0:
            return False
        arms = anchors[1:] - anchors[0]
        _, size, right = np.linalg.svd(arms, full_matrices=False)
        own = right[: np.count_nonzero(size > limit)]
        if len(own) < len(axes) and _height(pos[v] - anchors[0], own) > limit:
            return False
        away = pos[v] - pos[order[0]]
        if len(axes) < pos.shape[1] and _height(away, axes) > limit:
            rest = away - axes.T @ (axes @ away)
            axes = np.vstack([axes, rest / np.linalg.norm(rest)])
    return True


def _height(vector: NDArray[np.float64], axes: NDArray[np.float64]) -> float:
    return float(np.linalg.norm(vector - axes.T @ (axes @ vector)))


def _extent(pos: NDArray[np.float64]) -> float:
    return float(np.linalg.norm(np.ptp(pos, axis=0))) if len(pos) else 0.0


def aligned_error(pos: NDArray[np.float64], target: NDArray[np.float64]) -> float:
    """Largest distance between points after the best rotation, reflection and translation."""
    if len(pos) == 0:
        return 0.0
    moved, fixed = pos - pos.mean(axis=0), target - target.mean(axis=0)
    left, _, right = np.linalg.svd(moved.T @ fixed)
    return float(np.linalg.norm(moved @ (left @ right) - fixed, axis=1).max())


def placement(pos: Any) -> NDArray[np.float64]:
    """Positions as an array [num_nodes, dim].

    Raises:
        ValueError: the shape is wrong, or positions are not finite.
    """
    points = as_array(pos).astype(np.float64)
    if points.ndim != 2:  # noqa: PLR2004 - a matrix
        raise ValueError(f"`pos` must have shape [num_nodes, dim], got {points.shape}")
    check_finite(points)
    return points


def as_array(value: Any) -> NDArray[Any]:
    """A tensor or anything like an array, in numpy."""
    return value.detach().cpu().numpy() if hasattr(value, "detach") else np.asarray(value)
