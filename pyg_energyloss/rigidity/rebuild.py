"""A structure from the lengths of its edges alone, atom by atom."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pyg_energyloss.rigidity.graph import check_dim
from pyg_energyloss.rigidity.matrix import stiffness_matrix

_SECONDS = 8
_ATTEMPTS = 60
_POLISH_STEPS = 20
_POLISH_LIMIT = 1500
#: Sines of the anchors' frame that are accepted, one after the other: well placed atoms first.
_STRICTNESS = (0.2, 0.05, 1e-2, 1e-3, 1e-4, 0.0)


class Rebuilt(NamedTuple):
    """``pos`` [num_nodes, dim], NaN where not placed; ``order``: atoms as they were placed."""

    pos: NDArray[np.float64]
    order: NDArray[np.int64]

    @property
    def is_whole(self) -> bool:
        """Whether every atom was placed."""
        return len(self.order) == len(self.pos)


def rebuild(
    edge_index: Any, length: Any, num_nodes: int, *, dim: int = 3, tolerance: float = 1e-5
) -> Rebuilt:
    """Place atoms one by one from edge lengths, wherever the lengths leave no choice.

    Starts from a simplex of joined atoms; then an atom is placed when the placed atoms it is joined
    to span all placed ones, or span the atom itself. A whole result is a proof, up to rounding and
    ``tolerance``, that the lengths fix the structure up to congruence. A partial one is no
    disproof: deciding that is NP-hard.

    Args:
        edge_index: [2, num_edges], one direction or both.
        length: length of each edge [num_edges], any unit.
        num_nodes: number of atoms.
        dim: dimension of space.
        tolerance: heights below this share of the longest edge count as zero.

    Returns:
        Positions in an arbitrary frame and hand, and the order of placement.

    Raises:
        ValueError: ``length`` does not fit ``edge_index``, or ``dim`` is below 1.

    Example:
        >>> edges = [[0, 1, 0, 2], [1, 2, 2, 3]]  # a triangle, and atom 3 on a hinge
        >>> sorted(rebuild(edges, [3.0, 4.0, 5.0, 2.0], 4, dim=2).order.tolist())
        [0, 1, 2]
    """
    check_dim(dim)
    edges, lengths = _arrays(edge_index, length)
    partners: list[dict[int, float]] = [{} for _ in range(num_nodes)]
    for i, j, size in zip(*edges.tolist(), lengths.tolist(), strict=True):
        if i != j:
            partners[i][j] = size
            partners[j][i] = size
    best = Rebuilt(np.full((num_nodes, dim), np.nan), np.empty(0, np.int64))
    if num_nodes == 0:
        return best
    limit = tolerance * (float(lengths.max()) if len(lengths) else 1.0)
    for seed in _seeds(partners, dim):
        found = _grow(seed, partners, dim, limit)
        if len(found.order) > len(best.order):
            best = found
        if best.is_whole:
            break
    _polish(best.pos, edges, lengths)
    return best


def _arrays(edge_index: Any, length: Any) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    edges, lengths = (
        x.detach().cpu().numpy() if hasattr(x, "detach") else np.asarray(x)
        for x in (edge_index, length)
    )
    if edges.ndim != 2 or lengths.shape != edges.shape[1:]:  # noqa: PLR2004 - a matrix
        raise ValueError(
            f"`length` must have one entry per column of `edge_index` {edges.shape}, "
            f"got {lengths.shape}"
        )
    return edges.astype(np.int64), lengths.astype(np.float64)


def _seeds(partners: list[dict[int, float]], dim: int) -> list[list[int]]:
    """Cliques of up to dim + 1 atoms to start from, the widest of the largest first."""
    width: dict[frozenset[int], float] = {}
    for first, mine in enumerate(partners):
        if not mine:
            width[frozenset([first])] = 0.0
        for second in sorted(mine, key=lambda v: -mine[v])[:_SECONDS]:
            clique = [first, second]
            narrow = mine[second]
            shared = mine.keys() & partners[second].keys()
            while shared and len(clique) <= dim:
                # The common neighbour that is farthest from the clique makes the widest simplex.
                reach = {v: min(partners[c][v] for c in clique) for v in shared}
                far = max(reach, key=lambda v: (reach[v], -v))
                clique.append(far)
                narrow = min(narrow, reach[far])
                shared &= partners[far].keys()
            width[frozenset(clique)] = narrow
    ranked = sorted(width, key=lambda c: (-len(c), -width[c], sorted(c)))
    return [sorted(clique) for clique in ranked[:_ATTEMPTS]]


def _grow(seed: list[int], partners: list[dict[int, float]], dim: int, limit: float) -> Rebuilt:
    num_nodes = len(partners)
    pos = np.full((num_nodes, dim), np.nan)
    placed = np.zeros(num_nodes, bool)
    order: list[int] = []
    span = _Span(dim, limit)
    waiting = set(range(num_nodes))

    def place(v: int, strictness: float) -> bool:
        anchors = [u for u in partners[v] if placed[u]]
        if strictness > 0.0 and len(anchors) <= len(span.axes):
            return False
        point = _locate(pos[anchors], np.array([partners[v][u] for u in anchors]), span, strictness)
        if point is None:
            return False
        pos[v] = point
        placed[v] = True
        order.append(v)
        waiting.discard(v)
        span.add(point)
        return True

    pos[seed[0]] = 0.0
    placed[seed[0]] = True
    order.append(seed[0])
    waiting.discard(seed[0])
    span.add(pos[seed[0]])
    for v in seed[1:]:
        place(v, 0.0)
    level = 0
    while waiting and level < len(_STRICTNESS):
        before = len(order)
        for v in sorted(waiting):
            place(v, _STRICTNESS[level])
        # After progress, ask again for the well placed ones; else be content with less.
        level = 0 if len(order) > before else level + 1
    return Rebuilt(pos, np.array(order, np.int64))


class _Span:
    """Affine span of the placed points: an origin and orthonormal axes."""

    def __init__(self, dim: int, limit: float) -> None:
        self.origin: NDArray[np.float64] | None = None
        self.axes = np.zeros((0, dim))
        self.limit = limit

    def add(self, point: NDArray[np.float64]) -> None:
        """Widen the span if the point lies outside."""
        if self.origin is None:
            self.origin = point
            return
        rest = point - self.origin
        rest = rest - self.axes.T @ (self.axes @ rest)
        height = float(np.linalg.norm(rest))
        if height > self.limit and len(self.axes) < self.axes.shape[1]:
            self.axes = np.vstack([self.axes, rest / height])

    def normal(self) -> NDArray[np.float64]:
        """Any unit vector across the span."""
        across: NDArray[np.float64] = np.linalg.svd(self.axes)[2][len(self.axes)]
        return across


def _locate(
    anchors: NDArray[np.float64], length: NDArray[np.float64], span: _Span, strictness: float
) -> NDArray[np.float64] | None:
    """The one point with these distances, None if the anchors leave a choice."""
    if len(anchors) == 0:
        return None
    centre = anchors.mean(axis=0)
    arms = anchors - centre
    left, size, right = np.linalg.svd(arms, full_matrices=False)
    rank = int(np.count_nonzero(size > span.limit))
    if rank and size[rank - 1] < strictness * size[0]:
        return None
    square = length**2
    middle = square.mean() - (arms**2).sum(axis=1).mean()
    # |x - a|² = d² minus its mean over the anchors is linear in x.
    side = 0.5 * ((arms**2).sum(axis=1) - square + middle)
    inside = right[:rank].T @ ((left[:, :rank].T @ side) / size[:rank])
    height = float(np.sqrt(max(middle - inside @ inside, 0.0)))
    point: NDArray[np.float64] = centre + inside
    if rank == len(span.axes):
        if rank == anchors.shape[1] or height <= span.limit:
            return point
        return point + height * span.normal()
    # A point within its anchors' own span needs no more of them, but its height is then unsure
    # by the tolerance; that is the last resort.
    return point if strictness == 0.0 and height <= span.limit else None


def _polish(
    pos: NDArray[np.float64], edges: NDArray[np.int64], length: NDArray[np.float64]
) -> None:
    """Newton steps on the lengths, in place: takes away the rounding that chains have piled up."""
    pairs, first = np.unique(np.sort(edges, axis=0), axis=1, return_index=True)
    unplaced = np.flatnonzero(np.isnan(pos[:, 0]))
    first = first[(pairs[0] != pairs[1]) & ~np.isin(pairs, unplaced).any(axis=0)]
    pairs = edges[:, first]
    target = length[first]
    if not len(first) or pos.size > _POLISH_LIMIT:
        return
    for _ in range(_POLISH_STEPS):
        vector = pos[pairs[1]] - pos[pairs[0]]
        now = np.linalg.norm(vector, axis=1)
        wrong = now - target
        if np.abs(wrong).max() <= 1e-12 * target.max():
            return
        unit = vector / np.where(now > 0.0, now, 1.0)[:, None]
        slope = np.zeros_like(pos)
        np.add.at(slope, pairs[1], wrong[:, None] * unit)
        np.add.at(slope, pairs[0], -wrong[:, None] * unit)
        matrix = stiffness_matrix(pairs, pos, np.ones(len(first)))
        # A little damping: rigid motions, unplaced atoms and flat structures have no stiffness.
        matrix[np.diag_indices(pos.size)] += 1e-9
        step = np.linalg.solve(matrix, slope.ravel()).reshape(pos.shape)
        size = np.abs(step).max()
        pos -= step * min(1.0, 0.1 * target.max() / max(size, 1e-300))
