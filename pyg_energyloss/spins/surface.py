"""The faces of a lattice drawn on a plane or a torus: where frustration sits."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Edges = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Surface:
    """A connected or disconnected graph with cycles that generate all its cycles.

    A set of bonds is the set of unsatisfied bonds of some configuration exactly if it meets every
    cycle in an odd number of bonds when the cycle is frustrated (an odd number of negative
    couplings) and in an even number when it is not. Faces and loops generate all cycles.

    Attributes:
        edges: bonds, [num_bonds, 2].
        num_nodes: number of spins.
        faces: which bonds are on the border of which face, [num_faces, num_bonds]; a bond borders
            two faces, or none when it is a bridge.
        loops: masks [num_bonds] of cycles that are no sums of faces; none on a plane, two on a
            torus.
    """

    edges: Edges
    num_nodes: int
    faces: sparse.csc_matrix
    loops: tuple[Mask, ...] = ()

    @cached_property
    def tree(self) -> tuple[list[NDArray[np.int64]], NDArray[np.int64], NDArray[np.int64]]:
        """Breadth-first forest: nodes of each level, parent and parent bond of each node."""
        num_bonds = len(self.edges)
        bond = np.arange(1, num_bonds + 1)
        row, column = self.edges[:, 0], self.edges[:, 1]
        graph = sparse.coo_matrix((bond, (row, column)), (self.num_nodes, self.num_nodes)).tocsr()
        graph = (graph + graph.T).tocsr()
        _, component = sparse.csgraph.connected_components(graph, directed=False)
        _, roots = np.unique(component, return_index=True)
        parent = np.full(self.num_nodes, -1)
        parent_bond = np.full(self.num_nodes, -1)
        seen = np.zeros(self.num_nodes, dtype=bool)
        seen[roots] = True
        levels, level = [], roots
        while len(level):
            levels.append(level)
            start, stop = graph.indptr[level], graph.indptr[level + 1]
            slots = np.concatenate([np.arange(a, b) for a, b in zip(start, stop, strict=True)])
            child, origin = graph.indices[slots], np.repeat(level, stop - start)
            new = ~seen[child]
            level, first = np.unique(child[new], return_index=True)
            parent[level] = origin[new][first]
            parent_bond[level] = graph.data[slots][new][first] - 1
            seen[level] = True
        return levels, parent, parent_bond

    def spins(self, coupling: NDArray[np.float64], unsatisfied: Mask) -> NDArray[np.int8]:
        """Return the configuration with these unsatisfied bonds; the first spin of a part is +1."""
        levels, parent, parent_bond = self.tree
        relative = np.where((coupling < 0) ^ unsatisfied, -1, 1).astype(np.int8)
        spins = np.ones(self.num_nodes, dtype=np.int8)
        for level in levels[1:]:
            spins[level] = spins[parent[level]] * relative[parent_bond[level]]
        return spins


@lru_cache(maxsize=64)
def _planar(data: bytes, num_nodes: int) -> Surface | None:
    import networkx as nx

    edges = np.frombuffer(data, dtype=np.int64).reshape(-1, 2)
    graph = nx.Graph()
    graph.add_edges_from(map(tuple, edges.tolist()))
    planar, embedding = nx.check_planarity(graph)
    if not planar:
        return None
    number = {}
    for index, (a, b) in enumerate(edges.tolist()):
        number[a, b] = number[b, a] = index
    marked: set[tuple[int, int]] = set()
    rows: list[int] = []
    columns: list[int] = []
    num_faces = 0
    for a, b in number:
        if (a, b) in marked:
            continue
        nodes = embedding.traverse_face(a, b, mark_half_edges=marked)
        border = [number[p, q] for p, q in zip(nodes, [*nodes[1:], nodes[0]], strict=True)]
        rows += [num_faces] * len(border)
        columns += border
        num_faces += 1
    faces = sparse.coo_matrix(
        (np.ones(len(rows), dtype=np.int64), (rows, columns)), (num_faces, len(edges))
    ).tocsc()
    # A bridge has the same face on both sides: it is on no cycle and counts 2 = 0.
    faces.data %= 2
    faces.eliminate_zeros()
    return Surface(edges, num_nodes, faces.astype(np.uint8))


def planar_surface(edges: Edges, num_nodes: int) -> Surface | None:
    """Return the faces of a planar graph, or None if it is not planar."""
    if len(edges) == 0:
        return Surface(edges, num_nodes, sparse.csc_matrix((0, 0), dtype=np.uint8))
    return _planar(np.ascontiguousarray(edges, dtype=np.int64).tobytes(), num_nodes)


def toroidal_surface(edges: Edges, num_nodes: int) -> Surface | None:
    """Return the faces and two loops of a periodic rectangular lattice, or None if it is not one.

    The nodes must be numbered row by row, as `square_lattice` does.
    """
    if len(edges) != 2 * num_nodes:
        return None
    wanted = set(map(tuple, np.sort(edges, axis=1).tolist()))
    for rows in range(3, num_nodes // 3 + 1):
        if num_nodes % rows == 0:
            surface = _torus(rows, num_nodes // rows)
            if set(map(tuple, np.sort(surface.edges, axis=1).tolist())) == wanted:
                return _reordered(surface, edges)
    return None


@lru_cache(maxsize=64)
def _torus(rows: int, columns: int) -> Surface:
    node = np.arange(rows * columns).reshape(rows, columns)
    right = np.stack([node, np.roll(node, -1, 1)], -1).reshape(-1, 2)
    down = np.stack([node, np.roll(node, -1, 0)], -1).reshape(-1, 2)
    n = rows * columns
    face = node.ravel()
    border = [face, np.roll(node, -1, 0).ravel(), n + face, n + np.roll(node, -1, 1).ravel()]
    faces = sparse.coo_matrix(
        (np.ones(4 * n, dtype=np.uint8), (np.tile(face, 4), np.concatenate(border))), (n, 2 * n)
    ).tocsc()
    row_loop, column_loop = np.zeros((2, 2 * n), dtype=bool)
    row_loop[node[0]] = True
    column_loop[n + node[:, 0]] = True
    return Surface(np.concatenate([right, down]), n, faces, (row_loop, column_loop))


def _reordered(surface: Surface, edges: Edges) -> Surface:
    number = {tuple(e): k for k, e in enumerate(np.sort(surface.edges, axis=1).tolist())}
    order = np.array([number[tuple(e)] for e in np.sort(edges, axis=1).tolist()])
    loops = tuple(loop[order] for loop in surface.loops)
    return Surface(edges, surface.num_nodes, surface.faces[:, order], loops)
