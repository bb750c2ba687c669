"""Draws of the pairs that a backbone leaves out, with probabilities that follow a score."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pyg_energyloss import loops
from pyg_energyloss.samplers import kernels
from pyg_energyloss.samplers.complete import cached_pairs
from pyg_energyloss.samplers.importance import Importance, inclusion_probability
from pyg_energyloss.samplers.sample import PairSample

if TYPE_CHECKING:
    from pyg_energyloss.rigidity.tree import Tree

#: Up to this many atoms all pairs are scored; beyond, near ones by a tree, the rest evenly.
DENSE_LIMIT = 512
MIN_FAR_PER_ATOM = 0.5
#: Partners per atom within reach that are listed at the most, on average.
_MOST = 400


def pair_number(pairs: NDArray[np.int64], num_nodes: int) -> NDArray[np.int64]:
    """Place of each pair, either way round, in the list of all pairs i < j."""
    low, high = np.minimum(pairs[0], pairs[1]), np.maximum(pairs[0], pairs[1])
    number: NDArray[np.int64] = low * (2 * num_nodes - low - 3) // 2 + high - 1
    return number


def far_budget(left: float, num_nodes: int) -> float:
    """Far pairs to draw: what the backbone left, but half a pair per atom at the least.

    With none at all the mean would no longer be the complete energy.
    """
    return max(left, MIN_FAR_PER_ATOM * num_nodes)


def draw_dense(
    pos: NDArray[np.float64],
    always: NDArray[np.int64],
    expected: float,
    *,
    importance: Importance,
    floor: float,
    rng: np.random.Generator,
) -> PairSample:
    """Give the pairs ``always`` and a draw of the others, all pairs being scored.

    The draw is systematic per atom: along the partners of an atom the probabilities are added up
    from a random start, and a partner is taken where the sum passes a whole number. So every pair
    has exactly its probability, atoms are drawn independently, and each gets an even share.

    Args:
        pos: positions [num_nodes, dim].
        always: pairs with weight 1, either way round, repeats allowed [2, num_always].
        expected: mean number of pairs in all.
        importance: score by distance.
        floor: share of the draw that is spread evenly.
        rng: source of the draw.
    """
    num_nodes = len(pos)
    (source, target), _ = cached_pairs(num_nodes)
    vector = pos[target] - pos[source]
    score = importance.numpy(np.sqrt(np.einsum("ij,ij->i", vector, vector)))
    sure = np.zeros(len(source), bool)
    sure[pair_number(always, num_nodes)] = True
    chance = np.zeros(len(source))
    far = ~sure
    budget = far_budget(expected - np.count_nonzero(sure), num_nodes)
    chance[far] = inclusion_probability(score[far], budget, floor=floor)
    total = np.cumsum(chance)
    first = pair_number(np.stack([np.arange(num_nodes - 1), np.arange(1, num_nodes)]), num_nodes)
    start = rng.random(num_nodes)[:-1] - (total[first] - chance[first])
    total += np.repeat(start, np.arange(num_nodes - 1, 0, -1))
    kept = np.flatnonzero((np.floor(total) > np.floor(total - chance)) | sure)
    weight = 1.0 / np.where(sure, 1.0, chance)[kept]
    return PairSample(np.stack([source[kept], target[kept]]), weight)


def draw_sparse(
    pos: NDArray[np.float64],
    always: NDArray[np.int64],
    expected: float,
    *,
    importance: Importance,
    floor: float,
    rng: np.random.Generator,
    tree: Tree | None = None,
) -> PairSample:
    """As `draw_dense` in time and memory that grow with the number of atoms, not of pairs.

    Pairs within a radius that holds about 100 neighbours are listed, for all atoms or for a random
    part of them, and drawn by their score; pairs beyond it are drawn evenly. A pair drawn twice has
    both weights. The mean is exact as before. The tree is that of `laterate`, where there is one.
    """
    num_nodes = len(pos)
    fixed, _ = once(always, np.ones(always.shape[1]), num_nodes)
    budget = far_budget(expected - fixed.shape[1], num_nodes)
    if tree is None:
        asked, radius, pairs, distance = _within_reach(pos, rng)
    else:
        asked, radius, pairs, distance = _within_reach_compiled(tree, pos.shape[1], rng)
    both_ways = asked < num_nodes
    if not both_ways:
        forward = pairs[0] < pairs[1]
        pairs, distance = pairs[:, forward], distance[forward]
    fresh = ~_member(pairs, fixed, num_nodes)
    pairs, score = pairs[:, fresh], importance.numpy(distance[fresh])
    share = asked / num_nodes * (2 if both_ways else 1)
    num_pairs = num_nodes * (num_nodes - 1) / 2
    pilot = _even_pairs(num_nodes, 2000, rng)
    far_score = importance.numpy(np.sqrt(_square(pos, pilot))).mean() * num_pairs
    reach_score = score.sum() / share if len(score) else 0.0
    to_far = floor + (1 - floor) * far_score / max(far_score + reach_score, 1e-300)
    chance = inclusion_probability(score, budget * (1 - to_far), floor=0.01)
    taken = rng.random(len(chance)) < chance
    inner, inner_weight = pairs[:, taken], 1.0 / (chance[taken] * share)
    num_far = max(1, round(budget * to_far))
    outer = _even_pairs(num_nodes, num_far, rng)
    outer = outer[:, _square(pos, outer) > radius * abs(radius)]
    outer = outer[:, ~_member(outer, fixed, num_nodes)]
    drawn, weight = once(
        np.concatenate([inner, outer], axis=1),
        np.concatenate([inner_weight, np.full(outer.shape[1], num_pairs / num_far)]),
        num_nodes,
    )
    return PairSample(
        np.concatenate([fixed, drawn], axis=1),
        np.concatenate([np.ones(fixed.shape[1]), weight]),
    )


def _within_reach_compiled(
    planted: Tree, dim: int, rng: np.random.Generator
) -> tuple[int, float, NDArray[np.int64], NDArray[np.float64]]:
    """As `_within_reach`; a radius of -1 says that no reach is short enough."""
    from pyg_energyloss.rigidity import tree

    num_nodes = len(planted[0])
    sample = rng.integers(num_nodes, size=min(256, num_nodes))
    sixteenth = np.sqrt(np.median(tree.nearest(planted, sample, 16)[1][:, -1]))
    radius = float(sixteenth) * (100 / 16) ** (1 / dim)
    asked = min(num_nodes, max(5_000, num_nodes // 64))
    part = np.arange(num_nodes)
    if asked < num_nodes:
        part = np.sort(rng.choice(num_nodes, asked, replace=False))
    # Clustered points can have far more neighbours than the median point; keep the list bounded.
    for _ in range(40 if radius > 0.0 else 1):
        one, other, distance, whole = tree.within(planted, part, radius, _MOST * asked)
        if whole:
            return asked, radius, np.stack([one, other]), distance
        radius *= 0.7
    return asked, -1.0, np.empty((2, 0), np.int64), np.empty(0)


def _within_reach(
    pos: NDArray[np.float64], rng: np.random.Generator
) -> tuple[int, float, NDArray[np.int64], NDArray[np.float64]]:
    from scipy.spatial import cKDTree

    num_nodes, dim = pos.shape
    tree = cKDTree(pos)
    sample = rng.integers(num_nodes, size=min(256, num_nodes))
    sixteenth = np.median(tree.query(pos[sample], k=17)[0][:, -1])
    radius = float(sixteenth) * (100 / 16) ** (1 / dim)
    asked = min(num_nodes, max(5_000, num_nodes // 64))
    part = np.arange(num_nodes)
    if asked < num_nodes:
        part = np.sort(rng.choice(num_nodes, asked, replace=False))
    small = cKDTree(pos[part])
    # Clustered points can have far more neighbours than the median point; keep the list bounded.
    while radius > 0 and small.count_neighbors(tree, radius) > _MOST * asked:
        radius *= 0.7
    found = small.sparse_distance_matrix(tree, radius, output_type="ndarray")
    pairs = np.stack([part[found["i"]], found["j"].astype(np.int64)])
    other = pairs[0] != pairs[1]
    return asked, radius, pairs[:, other], found["v"][other]


def once(
    pairs: NDArray[np.int64], weight: NDArray[np.float64], num_nodes: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Pairs i < j in order, each once, and the sums of their weights."""
    if loops.available():
        found: tuple[NDArray[np.int64], NDArray[np.float64]] = loops.compiled(kernels.once)(
            np.ascontiguousarray(pairs), weight, num_nodes
        )
        return found
    key, place = np.unique(_key(pairs, num_nodes), return_inverse=True)
    return np.stack(np.divmod(key, num_nodes)), np.bincount(place, weight, len(key)).astype(
        np.float64
    )


def _member(
    pairs: NDArray[np.int64], known: NDArray[np.int64], num_nodes: int
) -> NDArray[np.bool_]:
    """Which pairs, either way round, are among pairs i < j in order."""
    if loops.available():
        found: NDArray[np.bool_] = loops.compiled(kernels.member)(
            np.ascontiguousarray(pairs), known, num_nodes
        )
        return found
    return np.isin(_key(pairs, num_nodes), _key(known, num_nodes))


def _even_pairs(num_nodes: int, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    source = rng.integers(num_nodes, size=count)
    target = (source + 1 + rng.integers(num_nodes - 1, size=count)) % num_nodes
    return np.stack([source, target])


def _square(pos: NDArray[np.float64], pairs: NDArray[np.int64]) -> NDArray[np.float64]:
    """Squared distances, summed as in the tree: a pair is within reach or beyond, never both."""
    vector = pos[pairs[1]] - pos[pairs[0]]
    square: NDArray[np.float64] = vector[:, 0] ** 2
    for axis in range(1, pos.shape[1]):
        square += vector[:, axis] ** 2
    return square


def _key(pairs: NDArray[np.int64], num_nodes: int) -> NDArray[np.int64]:
    # Quicker to take apart again than `pair_number`, which needs a search.
    key: NDArray[np.int64] = np.minimum(*pairs) * num_nodes + np.maximum(*pairs)
    return key


def unnumber(number: NDArray[np.int64], num_nodes: int) -> NDArray[np.int64]:
    """The pairs i < j of given `pair_number` [2, num_pairs]."""
    row = np.arange(num_nodes, dtype=np.int64)
    starts = row * (2 * num_nodes - row - 1) // 2
    low = np.searchsorted(starts, number, side="right") - 1
    # The last row is empty and starts where the list ends.
    return np.stack([low, number - starts[low] + low + 1])
