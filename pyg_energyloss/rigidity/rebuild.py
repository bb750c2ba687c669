"""A structure from the lengths of its edges alone, atom by atom."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, eye_array
from scipy.sparse.linalg import splu

from pyg_energyloss.rigidity.graph import check_dim

_SECONDS = 8
_ATTEMPTS = 60
_POLISH_STEPS = 20
#: Residual, as a share of the longest edge, that rounding leaves anyway.
_EXACT = 1e-13
_DAMPING = 1e-12
#: Anchors whose frame has this sine (least over largest singular value) need no better one.
_GOOD_SINE = 0.2
#: Share of the tolerance by which an atom may miss its lengths before all are polished.
_MISFIT = 1e-5


class Rebuilt(NamedTuple):
    """``pos`` [num_nodes, dim], NaN where not placed; ``order``: atoms as they were placed."""

    pos: NDArray[np.float64]
    order: NDArray[np.int64]

    @property
    def is_whole(self) -> bool:
        """Whether every atom was placed."""
        return len(self.order) == len(self.pos)


def rebuild(
    edge_index: Any,
    length: Any,
    num_nodes: int,
    *,
    dim: int = 3,
    tolerance: float = 1e-5,
    start: Sequence[int] = (),
) -> Rebuilt:
    """Place atoms one by one from edge lengths, wherever the lengths leave no choice.

    Starts from a simplex of joined atoms; then an atom is placed when the placed atoms it is joined
    to span all placed ones, or span the atom itself. Atoms that their anchors fix well go first,
    and Newton steps on all lengths take away the errors before they pile up. Whether a whole
    result is right, its lengths tell; `certify` compares it with the structure it should be.
    A partial one proves nothing: deciding that is NP-hard.

    Args:
        edge_index: [2, num_edges], one direction or both.
        length: length of each edge [num_edges], any unit.
        num_nodes: number of atoms.
        dim: dimension of space.
        tolerance: heights below this share of the longest edge count as zero.
        start: atoms, joined to each other, that growth is tried from first. The simplices that are
            tried are the widest ones, and not every one grows to the whole.

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
    reached: list[set[int]] = []
    for seed in chain([list(start)] if len(start) else [], _seeds(partners, dim)):
        # What grows from a full seed inside an earlier result stays inside it.
        if any(len(seed) > dim and known.issuperset(seed) for known in reached):
            continue
        found = _grow(seed, partners, dim, limit)
        reached.append(set(found.order.tolist()))
        if len(found.order) > len(best.order):
            best = found
        if best.is_whole:
            break
    pairs, first = np.unique(np.sort(edges, axis=0), axis=1, return_index=True)
    placed = (pairs[0] != pairs[1]) & np.isin(pairs, best.order).all(axis=0)
    polish(best.pos, pairs[:, placed], lengths[first[placed]])
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
    """Place atoms, those that their anchors determine best first; polish as errors pile up."""
    growth = _Growth(partners, dim, limit)
    for v in seed:
        growth.try_to_place(v)
    while (best := growth.next_atom()) is not None:
        growth.try_to_place(best)
    return Rebuilt(growth.pos, np.array(growth.order, np.int64))


class _Growth:
    """A structure on its way: what is placed, and which atom its lengths determine best."""

    def __init__(self, partners: list[dict[int, float]], dim: int, limit: float) -> None:
        self.partners, self.limit = partners, limit
        self.pos = np.full((len(partners), dim), np.nan)
        self.placed = np.zeros(len(partners), bool)
        self.order: list[int] = []
        self.span = _Span(dim, limit)
        self.queue: list[tuple[float, int]] = []
        self.sine = np.full(len(partners), -np.inf)

    def next_atom(self) -> int | None:
        """The waiting atom whose anchors span best what is placed; None if there is none."""
        while self.queue:
            _, v = heapq.heappop(self.queue)
            if not self.placed[v]:
                return v
        return None

    def try_to_place(self, v: int) -> None:
        """Place the atom if the placed ones leave no choice, and offer its neighbours."""
        found = self._locate(v)
        if self.placed[v] or found is None:
            return
        point, _ = found
        self.pos[v], self.placed[v] = point, True
        self.order.append(v)
        self.span.add(point)
        if self._misfit(v) > _MISFIT * self.limit:
            self._polish()
        for u in self.partners[v]:
            if not self.placed[u] and self.sine[u] < _GOOD_SINE:
                offer = self._locate(u)
                if offer is not None:
                    self.sine[u] = offer[1]
                    heapq.heappush(self.queue, (-offer[1], u))

    def _anchors(self, v: int) -> tuple[list[int], NDArray[np.float64]]:
        mine = self.partners[v]
        anchors = [u for u in mine if self.placed[u]]
        return anchors, np.array([mine[u] for u in anchors])

    def _locate(self, v: int) -> tuple[NDArray[np.float64], float] | None:
        if not self.order:
            return np.zeros(self.pos.shape[1]), 0.0
        anchors, length = self._anchors(v)
        return _locate(self.pos[anchors], length, self.span)

    def _misfit(self, v: int) -> float:
        anchors, length = self._anchors(v)
        found = np.linalg.norm(self.pos[anchors] - self.pos[v], axis=1)
        return float(np.abs(found - length).max(initial=0.0))

    def _polish(self) -> None:
        ends = [
            (v, u, size)
            for v in self.order
            for u, size in self.partners[v].items()
            if v < u and self.placed[u]
        ]
        pairs = np.array([(v, u) for v, u, _ in ends], np.int64).T
        polish(self.pos, pairs, np.array([size for _, _, size in ends]))


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
    anchors: NDArray[np.float64], length: NDArray[np.float64], span: _Span
) -> tuple[NDArray[np.float64], float] | None:
    """The one point with these distances and how well they fix it, None if there is a choice."""
    if len(anchors) == 0:
        return None
    centre = anchors.mean(axis=0)
    arms = anchors - centre
    left, size, right = np.linalg.svd(arms, full_matrices=False)
    rank = int(np.count_nonzero(size > span.limit))
    square = length**2
    middle = square.mean() - (arms**2).sum(axis=1).mean()
    # |x - a|² = d² minus its mean over the anchors is linear in x.
    side = 0.5 * ((arms**2).sum(axis=1) - square + middle)
    inside = right[:rank].T @ ((left[:, :rank].T @ side) / size[:rank])
    height = float(np.sqrt(max(middle - inside @ inside, 0.0)))
    point: NDArray[np.float64] = centre + inside
    sine = float(size[rank - 1] / size[0]) if rank else 0.0
    if rank == len(span.axes):
        if rank == anchors.shape[1] or height <= span.limit:
            return point, sine
        return point + height * span.normal(), sine
    # A point within its anchors' own span needs no more of them, but its height is then unsure
    # by the tolerance; that is the last resort.
    return (point, sine - 1.0) if height <= span.limit else None


def polish(pos: NDArray[np.float64], pairs: NDArray[np.int64], length: NDArray[np.float64]) -> None:
    """Newton steps on the lengths, in place: takes away the rounding that chains pile up.

    Args:
        pos: positions [num_nodes, dim]; rows without pairs stay as they are.
        pairs: pairs, each once [2, num_pairs].
        length: their lengths [num_pairs].
    """
    if not pairs.size:
        return
    dim = pos.shape[1]
    place = np.arange(pos.size).reshape(pos.shape)
    column = np.concatenate([place[pairs[1]], place[pairs[0]]], axis=1)
    column, inverse = np.unique(column, return_inverse=True)
    column = column.ravel()
    index = inverse.reshape(-1, 2 * dim)
    row = np.repeat(np.arange(len(index)), 2 * dim)
    best, kept = np.inf, pos.copy()
    for _ in range(_POLISH_STEPS):
        vector = pos[pairs[1]] - pos[pairs[0]]
        now = np.linalg.norm(vector, axis=1)
        wrong = now - length
        worst = float(np.abs(wrong).max())
        if not worst < 0.5 * best:
            break
        best, kept = worst, pos.copy()
        if worst <= _EXACT * length.max():
            return
        unit = vector / np.where(now > 0.0, now, 1.0)[:, None]
        slope = csr_array(
            (np.concatenate([unit, -unit], axis=1).ravel(), (row, index.ravel())),
            shape=(len(index), len(column)),
        )
        matrix = (slope.T @ slope).tocsc()
        # A little damping: rigid motions and flat structures have no stiffness.
        matrix = matrix + eye_array(len(column), format="csc") * (
            _DAMPING * matrix.diagonal().max()
        )
        step = splu(matrix, permc_spec="MMD_AT_PLUS_A").solve(slope.T @ wrong)
        pos.ravel()[column] -= step * min(1.0, 0.1 * length.max() / max(np.abs(step).max(), 1e-300))
    pos[:] = kept
