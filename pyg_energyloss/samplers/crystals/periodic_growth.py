"""A rigid backbone of a crystal among the images within a cutoff."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from pyg_energyloss.rigidity.frame import TOLERANCE
from pyg_energyloss.samplers.crystals.periodic import full_cell, image_distance, spanning
from pyg_energyloss.samplers.sample import Lattice, PairSample

Image = tuple[int, ...]


def rigid_images(
    pos: NDArray[np.float64], pairs: PairSample, lattice: Lattice
) -> NDArray[np.bool_] | None:
    """Choose pairs that fix the atoms relative to each other and to the lattice.

    One image of each atom is placed after the other, joined to placed ones that span all of them:
    by the induction of `rigidity.laterate` these lengths fix the patch up to congruence. Further
    images are joined to the patch in the same way until the vectors from atoms to their images
    span the lattice: the patch then knows each of these vectors, so it cannot be turned or
    mirrored in a fixed lattice.

    Args:
        pos: positions [num_nodes, dim].
        pairs: the pairs that there are, each once, with shifts.
        lattice: the cell.

    Returns:
        Which pairs are chosen [num_pairs], or None if they allow no such construction.
    """
    growth = _Growth(pos, pairs, lattice)
    first: Image = (0, *[0] * pos.shape[1])
    if len(pos) == 0:
        return np.zeros(0, np.bool_)
    growth.place(first)
    while growth.waiting and not growth.is_done():
        growth.look_at(growth.waiting.popleft())
    return growth.chosen if growth.is_done() else None


class _Growth:
    """A patch on its way: one image of each atom, and the images that tie it to the lattice."""

    def __init__(self, pos: NDArray[np.float64], pairs: PairSample, lattice: Lattice) -> None:
        self.pos, self.cell = pos, full_cell(lattice)
        self.needed = sum(lattice.pbc)
        self.limit = TOLERANCE * float(np.linalg.norm(self.cell, axis=1).max())
        self.chosen = np.zeros(pairs.pairs.shape[1], np.bool_)
        self.home: dict[int, Image] = {}
        self.ties: list[NDArray[np.float64]] = []
        self.points: list[NDArray[np.float64]] = []
        self.rank = 0
        self.anchors: dict[Image, list[tuple[int, NDArray[np.float64]]]] = {}
        self.waiting: deque[Image] = deque()
        self.around: list[list[tuple[int, int, NDArray[np.int64]]]] = [[] for _ in pos]
        nearest_first = np.argsort(image_distance(pos, pairs, lattice), kind="stable")
        shift = np.zeros((len(nearest_first), 0)) if pairs.shift is None else pairs.shift
        for number in nearest_first.tolist():
            i, j = pairs.pairs[:, number].tolist()
            self.around[i].append((number, j, shift[number]))
            self.around[j].append((number, i, -shift[number]))

    def is_done(self) -> bool:
        """Whether all atoms are placed and tied to the lattice."""
        return len(self.home) == len(self.pos) and len(self.ties) == self.needed

    def place(self, image: Image) -> None:
        """Put an image into the patch and offer those around it."""
        atom, offset = image[0], np.array(image[1:])
        point = self.pos[atom] + offset @ self.cell
        self.home[atom] = image
        self.points.append(point)
        if len(self.points) <= self.pos.shape[1] + 1 or self.rank < self.pos.shape[1]:
            self.rank = len(spanning(np.array(self.points), self.limit)) - 1
        for number, other, shift in self.around[atom]:
            where: Image = (other, *(offset + shift).tolist())
            if self.home.get(other) != where:
                self.anchors.setdefault(where, []).append((number, point))
                self.waiting.append(where)

    def look_at(self, image: Image) -> None:
        """Use an image if what it is joined to spans the patch."""
        here = self.home.get(image[0])
        tie = np.zeros(0)
        if here is not None:
            tie = np.subtract(image[1:], here[1:]) @ self.cell
            wide = np.array([np.zeros_like(tie), *self.ties, tie])
            if here == image or np.linalg.matrix_rank(wide, self.limit) == len(self.ties):
                return
        anchors = self.anchors[image]
        if len(anchors) <= self.rank:
            return
        point = self.pos[image[0]] + np.array(image[1:]) @ self.cell
        vector = np.array([place - point for _, place in anchors])
        order = np.argsort((vector**2).sum(axis=1), kind="stable")
        picked = spanning(vector[order], self.limit)
        if len(picked) <= self.rank:
            return
        self.chosen[[anchors[k][0] for k in order[picked]]] = True
        if here is None:
            self.place(image)
        else:
            self.ties.append(tie)
