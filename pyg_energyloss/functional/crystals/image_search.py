"""The images within a cutoff of every atom of periodic structures, by cell lists.

The loops are written for space; structures of lower dimension are padded. Time and memory grow
with the number of images found.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pyg_energyloss.functional.crystals.lattice import ReducedCell
from pyg_energyloss.loops import compiled_or_plain

#: Images are within reach up to this share beyond the cutoff, so that rounding never parts images
#: of one distance.
SLACK = 1e-5
_MAX_IMAGES = 2**27


class Images(NamedTuple):
    """Springs between atoms and images of atoms.

    ``source`` and ``target`` [num_springs] name rows of ``atom`` [num_rows] and ``shift``
    [num_rows, dim]: row r stands for atom ``atom[r]`` moved by ``shift[r] @ cell``. The first
    num_nodes rows are the atoms themselves, moved into one cell. Sources are atoms, in order.
    """

    source: NDArray[np.int64]
    target: NDArray[np.int64]
    atom: NDArray[np.int64]
    shift: NDArray[np.int64]


def find_images(
    pos: NDArray[np.float64],
    graph: NDArray[np.int64],
    reduced: ReducedCell,
    cutoff: NDArray[np.float64],
    present: NDArray[np.bool_],
) -> Images:
    """Find all images within the cutoff of each atom, of itself too, both directions of each pair.

    Args:
        pos: positions [num_nodes, dim], anywhere.
        graph: structure of each node [num_nodes], sorted.
        reduced: the cells, one per structure.
        cutoff: largest distance of each structure [num_structures], in the unit of ``pos``;
            infinite is allowed where nothing repeats.
        present: atoms that count [num_nodes].

    Returns:
        The images; shifts count vectors of the reduced cell.

    Raises:
        ValueError: the cutoff reaches more than 2^27 images.
    """
    (num_nodes, dim), count = pos.shape, len(cutoff)
    axes, back = np.tile(np.eye(3), (2, count, 1, 1))
    axes[:, :dim, :dim], back[:, :dim, :dim] = reduced.cell, reduced.inverse
    turns = np.zeros((count, 3), np.bool_)
    turns[:, :dim] = reduced.repeats
    fraction = np.zeros((num_nodes, 3))
    fraction[:, :dim] = np.einsum("na,nab->nb", pos, reduced.inverse[graph])
    home = np.where(turns[graph], -np.floor(fraction), 0.0)
    fraction += home
    low, high = np.where(turns, 0.0, np.inf), np.where(turns, 1.0, -np.inf)
    np.minimum.at(low, graph[present], fraction[present])
    np.maximum.at(high, graph[present], fraction[present])
    low, high = np.where(low > high, 0.0, low), np.where(low > high, 0.0, high)
    # Across axes that do not repeat, coordinates are lengths.
    extent = 1.0 + np.linalg.norm(high - low, axis=1)
    reach = np.where(turns.any(axis=1), cutoff, np.minimum(cutoff, extent)) * (1.0 + SLACK)
    margin = reach[:, None] * np.linalg.norm(back, axis=1)
    low, high = low - margin, high + margin
    first = np.where(turns[graph], np.ceil(low[graph] - fraction), 0.0).astype(np.int64)
    last = np.where(turns[graph], np.floor(high[graph] - fraction), 0.0).astype(np.int64)
    last[~present] = first[~present] - 1
    images = (last - first + 1).astype(np.float64).prod(axis=1)
    total = np.bincount(graph, images, count)
    if total.max(initial=0.0) > _MAX_IMAGES:
        worst = int(total.argmax())
        raise ValueError(
            f"`cutoff` of {cutoff[worst]:g} reaches {total[worst]:.3g} images of the atoms of "
            f"structure {worst}; pass a smaller one"
        )
    span = high - low
    most = np.ceil(np.cbrt(total))[:, None] + 1.0
    bins = np.clip(np.floor(span / margin), 1.0, most)
    source, target, atom, moved = compiled_or_plain(_search)(
        fraction,
        np.searchsorted(graph, np.arange(count), side="right"),
        axes,
        (first, last),
        (low, bins / span, bins.astype(np.int64)),
        total.astype(np.int64),
        reach,
    )
    atom = np.concatenate([np.arange(num_nodes), atom])
    shift = np.concatenate([np.zeros((num_nodes, 3), np.int64), moved]) + home[atom].astype(int)
    return Images(source, target, atom, shift[:, :dim])


def _search(  # noqa: C901, PLR0912, PLR0915, PLR0917 - one loop nest, by position
    fraction: NDArray[np.float64],
    stop: NDArray[np.int64],
    cells: NDArray[np.float64],
    window: tuple[NDArray[np.int64], NDArray[np.int64]],
    grid: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]],
    total: NDArray[np.int64],
    reach: NDArray[np.float64],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Put every image into a bin, then let each atom look at the bins around it."""
    (first, last), (lows, scales, all_bins) = window, grid
    count = len(fraction)
    most = max(total.max(), 1) if len(total) else 1
    spot, place = np.empty((most, 3)), np.empty((most, 3))
    atom, box, order, row = np.empty((4, most), np.int64)
    shift = np.empty((most, 3), np.int64)
    room, rows = 64 * count + 64, 16 * count + 64
    ends = np.empty((2, room), np.int64)
    kept = np.empty((4, rows), np.int64)
    here, bin_of = np.empty(3), np.empty(3, np.int64)
    found, images, begin = 0, 0, 0
    for graph in range(len(stop)):
        end, axes, low, scale, bins = (
            stop[graph],
            cells[graph],
            lows[graph],
            scales[graph],
            all_bins[graph],
        )
        number = 0
        for i in range(begin, end):
            for a in range(first[i, 0], last[i, 0] + 1):
                for b in range(first[i, 1], last[i, 1] + 1):
                    for c in range(first[i, 2], last[i, 2] + 1):
                        x, y, z = fraction[i, 0] + a, fraction[i, 1] + b, fraction[i, 2] + c
                        for k in range(3):
                            spot[number, k] = x * axes[0, k] + y * axes[1, k] + z * axes[2, k]
                        u = min(max(int((x - low[0]) * scale[0]), 0), bins[0] - 1)
                        v = min(max(int((y - low[1]) * scale[1]), 0), bins[1] - 1)
                        w = min(max(int((z - low[2]) * scale[2]), 0), bins[2] - 1)
                        box[number] = (u * bins[1] + v) * bins[2] + w
                        shift[number, 0], shift[number, 1], shift[number, 2] = a, b, c
                        atom[number] = i
                        row[number] = -1
                        number += 1
        start = np.zeros(bins[0] * bins[1] * bins[2] + 1, np.int64)
        for k in range(number):
            start[box[k] + 1] += 1
        for k in range(len(start) - 1):
            start[k + 1] += start[k]
        fill = start[:-1].copy()
        for k in range(number):
            at = fill[box[k]]
            order[at] = k
            place[at, 0], place[at, 1], place[at, 2] = spot[k, 0], spot[k, 1], spot[k, 2]
            fill[box[k]] += 1
        limit = reach[graph] * reach[graph]
        for i in range(begin, end):
            if last[i, 0] < first[i, 0]:
                continue
            for k in range(3):
                here[k] = (
                    fraction[i, 0] * axes[0, k]
                    + fraction[i, 1] * axes[1, k]
                    + fraction[i, 2] * axes[2, k]
                )
                bin_of[k] = min(max(int((fraction[i, k] - low[k]) * scale[k]), 0), bins[k] - 1)
            from_w, to_w = max(bin_of[2] - 1, 0), min(bin_of[2] + 2, bins[2])
            for u in range(max(bin_of[0] - 1, 0), min(bin_of[0] + 2, bins[0])):
                for v in range(max(bin_of[1] - 1, 0), min(bin_of[1] + 2, bins[1])):
                    line = (u * bins[1] + v) * bins[2]
                    for at in range(start[line + from_w], start[line + to_w]):
                        square = 0.0
                        for k in range(3):
                            square += (place[at, k] - here[k]) * (place[at, k] - here[k])
                        image = order[at]
                        if square > limit:
                            continue
                        if row[image] < 0:
                            a, b, c = shift[image, 0], shift[image, 1], shift[image, 2]
                            if a == 0 and b == 0 and c == 0:
                                row[image] = atom[image]
                            else:
                                if images == rows:
                                    rows *= 2
                                    wider = np.empty((4, rows), np.int64)
                                    wider[:, :images] = kept
                                    kept = wider
                                kept[0, images] = atom[image]
                                kept[1, images], kept[2, images], kept[3, images] = a, b, c
                                row[image] = count + images
                                images += 1
                        if row[image] == i:
                            continue
                        if found == room:
                            room *= 2
                            wider = np.empty((2, room), np.int64)
                            wider[:, :found] = ends
                            ends = wider
                        ends[0, found], ends[1, found] = i, row[image]
                        found += 1
        begin = end
    return (
        ends[0, :found].copy(),
        ends[1, :found].copy(),
        kept[0, :images].copy(),
        kept[1:, :images].T.copy(),
    )
