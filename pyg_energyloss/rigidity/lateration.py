"""Tight lateration: at most dim + 1 edges per atom that fix a structure at its own placement."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pyg_energyloss import loops
from pyg_energyloss.rigidity import kernels
from pyg_energyloss.rigidity.frame import TOLERANCE, affine_frame, check_finite, dot
from pyg_energyloss.rigidity.neighbours import find_neighbours

if TYPE_CHECKING:
    from pyg_energyloss.rigidity.tree import Tree

#: An anchor is welcome if it leaves the span of the earlier ones under this sine or more.
MIN_SINE = 0.3


class Lateration(NamedTuple):
    """A construction, atom by atom.

    ``order`` [num_nodes]: atoms as they are placed; ``pairs`` [2, num_pairs]: each atom (row 0) and
    its anchors (row 1), every pair once; ``near`` [num_nodes, near]: the nearest neighbours of the
    atoms of ``order``, if they were asked for; ``tree``: the tree of all points in which they were
    looked for (`rigidity.tree`), if they were many.
    """

    order: NDArray[np.int64]
    pairs: NDArray[np.int64]
    near: NDArray[np.int64]
    tree: Tree | None = None


def laterate(
    pos: NDArray[np.floating],
    *,
    near: int = 0,
    num_candidates: int = 8,
    tolerance: float = TOLERANCE,
) -> Lateration:
    """Join every atom to earlier atoms that span the whole structure, the nearest that do so well.

    The hubs of `affine_frame` come first, all joined to each other; the others follow in their
    own order, each joined to as many anchors as there are hubs. An anchor is the nearest earlier
    atom that leaves the span of the anchors before it under a decent angle, else the highest above
    that span, hubs included, so the anchors always span what the structure spans.

    The framework is then universally rigid at this very placement, degenerate or not: distances to
    points that span the structure fix a point's projection and its height, so by induction any
    placement in any dimension with these edge lengths is congruent to ``pos``.

    No atom waits for another's choice, so all are done at once.

    Args:
        pos: positions [num_nodes, dim], any length unit.
        near: nearest neighbours to return along the way; no pair is made of them.
        num_candidates: nearest earlier atoms that are looked at, besides the hubs.
        tolerance: heights below this share of the extent count as zero.

    Returns:
        The order of placement and the pairs.

    Raises:
        ValueError: positions are not finite.

    Example:
        >>> import numpy as np
        >>> line = np.array([[0.0, 0, 0], [1, 0, 0], [2, 0, 0], [3, 0, 0]])
        >>> laterate(line).pairs.shape  # in one dimension, two anchors per atom
        (2, 5)

    Source: Alfakih, Taheri, Ye, arXiv 1009.1185, for general position; the induction above drops
    that condition.
    """
    check_finite(pos)
    num_nodes = len(pos)
    hubs = find_hubs(pos, tolerance)
    num_hubs = len(hubs)
    order = placement_order(num_nodes, hubs)
    column, row = np.triu_indices(num_hubs, 1)
    nearest, tree = np.empty((num_nodes, 0), np.int64), None
    if num_nodes > num_hubs or (near and num_nodes > 1):
        points = np.ascontiguousarray(pos[order], dtype=np.float64)
        found = find_neighbours(points, near=near, early=num_candidates)
        anchors = choose_anchors(points, found.early[num_hubs:], num_hubs)
        row = np.concatenate([row, np.repeat(np.arange(num_hubs, num_nodes), num_hubs)])
        column = np.concatenate([column, anchors.ravel()])
        nearest = order[found.near]
        tree = None if found.tree is None else (order[found.tree[0]], *found.tree[1:])
    return Lateration(order, order[np.stack([row, column])], nearest, tree)


def find_hubs(pos: NDArray[np.floating], tolerance: float) -> NDArray[np.int64]:
    """The points of `affine_frame`, by the compiled loop where that is possible."""
    if not loops.available():
        return affine_frame(pos, tolerance=tolerance)[0]
    points = np.ascontiguousarray(pos, np.float64)
    hubs: NDArray[np.int64] = kernels.compiled(kernels.frame)(points, tolerance)
    return hubs


def placement_order(num_nodes: int, hubs: NDArray[np.int64]) -> NDArray[np.int64]:
    """The hubs, then the other atoms in their own order [num_nodes]."""
    others = np.ones(num_nodes, bool)
    others[hubs] = False
    return np.concatenate([hubs, np.flatnonzero(others)])


def choose_anchors(
    points: NDArray[np.float64], near: NDArray[np.int64], num_hubs: int
) -> NDArray[np.int64]:
    """Choose ``num_hubs`` affinely independent anchors per atom [num_atoms, num_hubs].

    Args:
        points: positions in the order of placement, the hubs first [num_nodes, dim].
        near: candidates per atom, in order of preference [num_atoms, num_candidates].
        num_hubs: how many hubs there are.

    Returns:
        Anchors of each atom, the nearest first.
    """
    if loops.available():
        found: NDArray[np.int64] = kernels.compiled(kernels.anchors)(
            points, np.ascontiguousarray(near), num_hubs, MIN_SINE
        )
        return found
    hubs = np.broadcast_to(np.arange(num_hubs), (len(near), num_hubs))
    candidates = np.concatenate([near, hubs], axis=1)
    rows = np.arange(len(near))
    rest = points[candidates]
    rest = rest - rest[:, :1]
    square = dot(rest, rest)
    # A candidate on top of the first anchor has no direction; it must not pass as a welcome one.
    wanted = np.where(square > 0.0, MIN_SINE * MIN_SINE * square, np.inf)
    anchors = [candidates[:, 0]]
    for step in range(1, num_hubs):
        good = square >= wanted
        pick = np.where(good.any(axis=1), good.argmax(axis=1), square.argmax(axis=1))
        anchors.append(candidates[rows, pick])
        if step == num_hubs - 1:
            break
        axis = rest[rows, pick] / np.sqrt(square[rows, pick])[:, None]
        rest = rest - dot(rest, axis[:, None])[:, :, None] * axis[:, None]
        square = dot(rest, rest)
    return np.stack(anchors, axis=1)
