"""Loops over all structures of a batch that numba compiles; the torch versions do the same."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: What happens to a structure: nothing, all pairs, or a draw.
LEFT_OUT, COMPLETE, DRAWN = 0, 1, 2


def all_pairs(bounds: NDArray[np.int64]) -> NDArray[np.int64]:
    """All ordered pairs within each structure, as `complete.all_pairs_batch` orders them."""
    total = 0
    for graph in range(len(bounds) - 1):
        count = bounds[graph + 1] - bounds[graph]
        total += count * (count - 1)
    pairs = np.empty((2, total), np.int64)
    kept = 0
    for graph in range(len(bounds) - 1):
        for i in range(bounds[graph], bounds[graph + 1]):
            for j in range(bounds[graph], bounds[graph + 1]):
                if j != i:
                    pairs[0, kept], pairs[1, kept] = i, j
                    kept += 1
    return pairs


def measure(
    points: NDArray[np.float64],
    bounds: NDArray[np.int64],
    fate: NDArray[np.int64],
    always: NDArray[np.int64],
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Of all pairs i < j of the drawn structures: which are always there, and their distances.

    Args:
        points: positions [num_nodes, dim], structure by structure.
        bounds: first node of each structure and the end [num_graphs + 1].
        fate: what happens to each structure [num_graphs].
        always: pairs of nodes, either way round, repeats allowed [2, num_always].
    """
    # Pair (i, j) of a structure has the number row[i] + j.
    row = np.zeros(len(points), np.int64)
    total = 0
    for graph in range(len(fate)):
        if fate[graph] == DRAWN:
            for i in range(bounds[graph], bounds[graph + 1]):
                row[i] = total - i - 1
                total += bounds[graph + 1] - i - 1
    distance = np.empty(total)
    sure = np.zeros(total, np.bool_)
    for graph in range(len(fate)):
        if fate[graph] != DRAWN:
            continue
        for i in range(bounds[graph], bounds[graph + 1]):
            for j in range(i + 1, bounds[graph + 1]):
                square = 0.0
                for axis in range(points.shape[1]):
                    difference = points[j, axis] - points[i, axis]
                    square += difference * difference
                distance[row[i] + j] = np.sqrt(square)
    for pair in range(always.shape[1]):
        i, j = always[0, pair], always[1, pair]
        sure[row[min(i, j)] + max(i, j)] = True
    return sure, distance


def draw(  # noqa: C901, PLR0912, PLR0915, PLR0917 - one loop nest; calls would hide the arithmetic
    bounds: NDArray[np.int64],
    fate: NDArray[np.int64],
    sure: NDArray[np.bool_],
    score: NDArray[np.float64],
    start: NDArray[np.float64],
    edges_per_atom: float,
    min_far: float,
    floor: float,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Pairs i < j and their weights; the numpy version is `far.draw_dense`.

    Args:
        bounds: first node of each structure and the end [num_graphs + 1].
        fate: what happens to each structure [num_graphs].
        sure: which pairs have weight 1, as `measure` numbers them [num_pairs].
        score: of the pairs [num_pairs]; overwritten.
        start: uniform random numbers [num_nodes].
        edges_per_atom: mean number of pairs over number of atoms.
        min_far: far pairs per atom that are drawn at the least.
        floor: share of the draw that is spread evenly.
    """
    chance = score
    most, first = 0.0, 0
    for graph in range(len(fate)):
        count = bounds[graph + 1] - bounds[graph]
        if fate[graph] == COMPLETE:
            most += count * (count - 1) // 2
        if fate[graph] != DRAWN:
            continue
        last = first + count * (count - 1) // 2
        total, far = 0.0, 0
        for pair in range(first, last):
            if not sure[pair]:
                far += 1
                total += score[pair]
        wanted = max(edges_per_atom * count - (last - first - far), min_far * count)
        # Along the partners of an atom at most one more is taken than the chances add up to.
        most += last - first - far + min(wanted, far) + 2 * count
        even = not (np.isfinite(total) and total > 0.0)
        for pair in range(first, last):
            if sure[pair]:
                chance[pair] = 0.0
            elif wanted >= far:
                chance[pair] = 1.0
            else:
                share = 1.0 / far if even else score[pair] / total
                chance[pair] = (1.0 - floor) * share + floor / far
        certain = 0 if wanted < far else far
        scale = wanted if wanted < far else 1.0
        while wanted < far:
            capped, left = 0, 0.0
            for pair in range(first, last):
                if chance[pair] * scale >= 1.0:
                    capped += 1
                else:
                    left += chance[pair]
            if capped == certain or left <= 0.0:
                break
            certain = capped
            scale = (wanted - certain) / left
        for pair in range(first, last):
            chance[pair] = min(chance[pair] * scale, 1.0)
        first = last
    pairs = np.empty((2, int(most) + 1), np.int64)
    weight = np.empty(int(most) + 1)
    kept, pair = 0, 0
    for graph in range(len(fate)):
        if fate[graph] == LEFT_OUT:
            continue
        for i in range(bounds[graph], bounds[graph + 1]):
            level = start[i]
            for j in range(i + 1, bounds[graph + 1]):
                one = 1.0
                if fate[graph] == DRAWN:
                    before = level
                    level += chance[pair]
                    one = chance[pair]
                    if sure[pair] or one >= 1.0:
                        one = 1.0
                    elif np.floor(level) == np.floor(before):
                        one = 0.0
                    pair += 1
                if one > 0.0:
                    pairs[0, kept], pairs[1, kept], weight[kept] = i, j, 1.0 / one
                    kept += 1
    return pairs[:, :kept], weight[:kept]


def once(
    pairs: NDArray[np.int64], weight: NDArray[np.float64], num_nodes: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Pairs i < j in order, each once, and the sums of their weights."""
    count = pairs.shape[1]
    # Sorted by the higher end, then, keeping that order, by the lower one. The ends move along, as
    # looking them up again at random takes longer than the sorting.
    by_high, by_both = np.empty((2, count), np.int64), np.empty((2, count), np.int64)
    share, total = np.empty(count), np.empty(count)
    low_place, high_place = np.zeros(num_nodes + 1, np.int64), np.zeros(num_nodes + 1, np.int64)
    for at in range(count):
        i, j = pairs[0, at], pairs[1, at]
        low_place[min(i, j) + 1] += 1
        high_place[max(i, j) + 1] += 1
    low_place, high_place = np.cumsum(low_place), np.cumsum(high_place)
    for at in range(count):
        low, high = min(pairs[0, at], pairs[1, at]), max(pairs[0, at], pairs[1, at])
        to = high_place[high]
        by_high[0, to], by_high[1, to], share[to] = low, high, weight[at]
        high_place[high] += 1
    for at in range(count):
        low = by_high[0, at]
        to = low_place[low]
        by_both[0, to], by_both[1, to], total[to] = low, by_high[1, at], share[at]
        low_place[low] += 1
    kept = 0
    for at in range(count):
        low, high = by_both[0, at], by_both[1, at]
        if kept and by_both[0, kept - 1] == low and by_both[1, kept - 1] == high:
            total[kept - 1] += total[at]
            continue
        by_both[0, kept], by_both[1, kept], total[kept] = low, high, total[at]
        kept += 1
    return by_both[:, :kept].copy(), total[:kept].copy()


def member(pairs: NDArray[np.int64], known: NDArray[np.int64], num_nodes: int) -> NDArray[np.bool_]:
    """Which pairs, either way round, are among pairs i < j in order."""
    row = np.zeros(num_nodes + 1, np.int64)
    for at in range(known.shape[1]):
        row[known[0, at] + 1] += 1
    row = np.cumsum(row)
    found = np.zeros(pairs.shape[1], np.bool_)
    for pair in range(pairs.shape[1]):
        low, high = min(pairs[0, pair], pairs[1, pair]), max(pairs[0, pair], pairs[1, pair])
        left, right = row[low], row[low + 1]
        while left < right:
            middle = (left + right) // 2
            if known[1, middle] < high:
                left = middle + 1
            else:
                right = middle
        found[pair] = left < row[low + 1] and known[1, left] == high
    return found


def coins(
    bounds: NDArray[np.int64], edges_per_atom: float, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Each pair i < j with the same chance, independently, and its weight.

    From one taken pair to the next the gap is geometric, so pairs that are left out cost nothing.
    """
    room = 16
    pairs, weight = np.empty((2, room), np.int64), np.empty(room)
    kept = 0
    for graph in range(len(bounds) - 1):
        first, stop = bounds[graph], bounds[graph + 1]
        total = (stop - first) * (stop - first - 1) // 2
        if total == 0:
            continue
        chance = min(edges_per_atom * (stop - first) / total, 1.0)
        i, j, taken = first, first, 0
        while True:
            gap = 0.0
            if chance < 1.0:
                gap = np.floor(np.log(1.0 - rng.random()) / np.log1p(-chance))
            taken += 1
            if gap > total - taken:
                break
            taken += int(gap)
            j += 1 + int(gap)
            while j >= stop:
                i += 1
                j += i + 1 - stop
            if kept == room:
                room *= 2
                wider, longer = np.empty((2, room), np.int64), np.empty(room)
                wider[:, :kept], longer[:kept] = pairs, weight
                pairs, weight = wider, longer
            pairs[0, kept], pairs[1, kept], weight[kept] = i, j, 1.0 / chance
            kept += 1
    return pairs[:, :kept].copy(), weight[:kept].copy()


def regular(  # noqa: C901, PLR0912, PLR0915 - one loop nest that numba compiles
    bounds: NDArray[np.int64], degree: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Random graphs of equal degree, pairs i < j; see `k_regular.random_regular`."""
    most = 0
    for graph in range(len(bounds) - 1):
        count = bounds[graph + 1] - bounds[graph]
        most += count * min(degree, max(count - 1, 0)) // 2 + 1
    pairs, weight = np.empty((2, most), np.int64), np.empty(most)
    kept = 0
    for graph in range(len(bounds) - 1):
        start, count = bounds[graph], bounds[graph + 1] - bounds[graph]
        if count < 2:  # noqa: PLR2004 - no pair
            continue
        # A dense graph is what a sparse one leaves out.
        dense = degree > (count - 1) // 2
        inner = max(count - 1 - degree, 0) if dense else degree
        ends = np.repeat(np.arange(count), inner)
        if len(ends) % 2:
            # One node has one neighbour more: one less among those left out.
            odd = int(rng.random() * count)
            ends = np.delete(ends, odd * inner) if dense else np.append(ends, odd)
        half = len(ends) // 2
        partner = np.empty((count, inner + 1), np.int64)
        known = np.zeros(count, np.int64)
        good = np.zeros(half, np.bool_)
        whole = False
        while not whole:
            for at in range(len(ends) - 1, 0, -1):
                other = int(rng.random() * (at + 1))
                ends[at], ends[other] = ends[other], ends[at]
            known[:] = 0
            for edge in range(half):
                u, v = ends[2 * edge], ends[2 * edge + 1]
                good[edge] = u != v
                for at in range(known[u]):
                    good[edge] &= partner[u, at] != v
                if good[edge]:
                    partner[u, known[u]], partner[v, known[v]] = v, u
                    known[u] += 1
                    known[v] += 1
            whole = True
            for edge in range(half):
                # A loop or a repeated pair exchanges an end with a random edge.
                for _ in range(1000):
                    if good[edge]:
                        break
                    swap = int(rng.random() * half)
                    if swap == edge or not good[swap]:
                        continue
                    turn = int(rng.random() * 2.0)
                    u, v = ends[2 * edge], ends[2 * edge + 1]
                    x, y = ends[2 * swap + turn], ends[2 * swap + 1 - turn]
                    fits = u != x and v != y
                    for at in range(known[u]):
                        fits &= partner[u, at] != x
                    for at in range(known[v]):
                        fits &= partner[v, at] != y
                    if not fits or (u == y and v == x):
                        continue
                    for at in range(known[x]):
                        if partner[x, at] == y:
                            partner[x, at] = u
                            break
                    for at in range(known[y]):
                        if partner[y, at] == x:
                            partner[y, at] = v
                            break
                    partner[u, known[u]] = x
                    known[u] += 1
                    partner[v, known[v]] = y
                    known[v] += 1
                    ends[2 * edge + 1], ends[2 * swap + turn] = x, v
                    good[edge] = True
                whole &= good[edge]
        first = kept
        for i in range(count):
            if not dense:
                for at in range(known[i]):
                    if partner[i, at] > i:
                        pairs[0, kept], pairs[1, kept] = start + i, start + partner[i, at]
                        kept += 1
                continue
            for j in range(i + 1, count):
                there = True
                for at in range(known[i]):
                    there &= partner[i, at] != j
                if there:
                    pairs[0, kept], pairs[1, kept] = start + i, start + j
                    kept += 1
        weight[first:kept] = count * (count - 1) / (2.0 * (kept - first))
    return pairs[:, :kept].copy(), weight[:kept].copy()
