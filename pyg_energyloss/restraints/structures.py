"""Restraints from bonds and the true positions."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch_geometric.data import Batch, Data

from pyg_energyloss.restraints.coordinates import term_values
from pyg_energyloss.restraints.kinds import Kind, kind_of
from pyg_energyloss.restraints.radii import van_der_waals_radii
from pyg_energyloss.restraints.terms import Restraints
from pyg_energyloss.restraints.weights import WEIGHTS, chirality_weight
from pyg_energyloss.symmetry.stereo import StereoGraph

#: Kinds of terms if none are named; torsions are left free.
KINDS = ("bond", "clash", "angle", "double_bond", "ring", "planarity", "chirality")
#: Atoms this many bonds apart or more may clash.
CLASH_HOPS = 4
#: Share of the sum of van der Waals radii below which they do.
CLASH_SHARE = 0.75
#: A three-coordinate atom counts as planar if it is out of plane by less than this, in rad.
FLAT = math.radians(10)
#: As `pyg_energyloss.data` stores it.
_AROMATIC = 4
_NEIGHBOURS = 3


def from_data(
    data: Any,
    *,
    kinds: Sequence[str] = KINDS,
    slack: float | Mapping[str, float] = 0.0,
) -> Restraints:
    """Return terms that hold a structure's own bonds, angles, planes, double bonds and centres.

    The bounds are the true value, less and plus a slack: zero makes targets, more a flat bottom.
    Centres and double bonds are those of `StereoGraph`. A clash has a lower bound only: 0.75 of the
    sum of the van der Waals radii, or the true distance if that is less.

    Args:
        data: PyG data of one structure, or a batch, with ``pos`` [num_nodes, 3], ``edge_index``
            [2, num_bonds], and, where it has them, ``z`` [num_nodes] (without it there are no
            clashes, and all atoms count as alike) and ``bond_type`` [num_bonds], 1, 2, 3 or 4
            (aromatic), without which there are no double bonds and no rings. Atoms where
            ``pos_mask`` [num_nodes] is false are as if deleted. A term whose true value is not
            finite is left out.
        kinds: which terms to make: the names of `Kind` in lower case.
        slack: half the width of the bottom, for all kinds or by name: Å, rad, or Å³.

    Raises:
        ValueError: ``data`` lacks positions or bonds, or a kind is unknown.

    >>> from torch_geometric.data import Data
    >>> pos = torch.tensor([[0.0, 0, 0], [1.0, 0, 0], [1.0, 1.0, 0]])
    >>> bent = Data(pos=pos, edge_index=torch.tensor([[0, 1], [1, 2]]))
    >>> terms = from_data(bent, slack={"bond": 0.1})
    >>> [
    ...     (Kind(kind).name, low)
    ...     for kind, (low, _) in zip(terms.kind.tolist(), terms.bounds.tolist())
    ... ]
    [('BOND', 0.8999999761581421), ('BOND', 0.8999999761581421), ('ANGLE', 1.5707963705062866)]
    """
    if isinstance(data, Batch):
        items = data.to_data_list()
        offsets = data.ptr[:-1].tolist()
        if data.get("pos_mask") is not None:  # a list leaves out what came after batching
            for item, mask in zip(
                items, data.pos_mask.split(data.ptr.diff().tolist()), strict=True
            ):
                item.pos_mask = mask
        return Restraints.cat(
            [from_data(item, kinds=kinds, slack=slack) for item in items], offsets=offsets
        )
    mask = data.get("pos_mask") if isinstance(data, Data) else None
    if mask is not None:
        present = mask.nonzero()[:, 0]
        terms = from_data(_without_masked(data, mask), kinds=kinds, slack=slack)
        return replace(terms, index=present.cpu()[terms.index])
    pos, graph = _checked(data)
    wanted = [kind_of(name) for name in kinds]
    if data.get("z") is None:
        wanted = [kind for kind in wanted if kind != Kind.CLASH]
    found = _atoms_of(graph, pos)
    parts = []
    for kind in wanted:
        atoms, period = found[kind] if kind in found else (_clashes(graph), 0.0)
        at_rest = Restraints.of(kind, atoms, torch.zeros(len(atoms), 2))
        true = term_values(pos, at_rest)
        name = kind.name.lower()
        width = slack.get(name, 0.0) if isinstance(slack, Mapping) else slack
        bounds = torch.stack([true - width, true + width], dim=1)
        weight: Tensor | float = WEIGHTS[kind]
        if kind == Kind.CLASH:
            bounds = _clash_bounds(graph, atoms, true)
        elif kind == Kind.CHIRALITY:
            weight = WEIGHTS[kind] * torch.tensor([chirality_weight(v) for v in true.tolist()])
        terms = Restraints.of(kind, atoms, bounds.float(), period=period, weight=weight)
        parts.append(terms.where(terms.bounds[:, 0].isfinite()))
    return Restraints.cat(parts)


def _without_masked(data: Data, mask: Tensor) -> Data:
    """Positions, elements and bonds of the atoms that are there."""
    _checked_fields(data)
    edges = data.edge_index
    whole = mask[edges].all(dim=0)
    number = mask.long().cumsum(0) - 1
    per_bond = {} if data.get("bond_type") is None else {"bond_type": data.bond_type[whole]}
    per_atom = {} if data.get("z") is None else {"z": data.z[mask]}
    return Data(pos=data.pos[mask], edge_index=number[edges[:, whole]], **per_bond, **per_atom)


def _checked_fields(data: Any) -> None:
    if not isinstance(data, Data) or data.pos is None or data.edge_index is None:
        got = f" with {', '.join(data.keys())}" if isinstance(data, Data) else ""
        raise ValueError(
            "`data` must be PyG data with positions `pos` and bonds `edge_index`, got "
            f"{type(data).__name__}{got}"
        )


def _checked(data: Any) -> tuple[Tensor, StereoGraph]:
    _checked_fields(data)
    pos, edges = data.pos, data.edge_index
    once = edges[0] < edges[1]
    z = data.get("z")
    bond_type = data.get("bond_type")
    graph = StereoGraph(
        edges[:, once].t().cpu().numpy(),
        np.zeros(len(pos), np.int64) if z is None else z.cpu().numpy(),
        None if bond_type is None else bond_type[once].cpu().numpy(),
    )
    return pos.detach().cpu().double(), graph


def _atoms_of(graph: StereoGraph, pos: Tensor) -> dict[Kind, tuple[list[tuple[int, ...]], float]]:
    """The atoms of the terms of each kind but clashes, and their period."""
    around = graph.neighbours
    angles = [(i, j, k) for j in range(len(around)) for i, k in combinations(around[j], 2)]
    torsions = [
        (a, b, c, d)
        for b, c in graph.bonds.tolist()
        for a in around[b]
        for d in around[c]
        if a not in {c, d} and d != b
    ]
    trigonal = [(i, *n) for i, n in enumerate(around) if len(n) == _NEIGHBOURS]
    out = term_values(pos, Restraints.of(Kind.PLANARITY, trigonal, torch.zeros(len(trigonal), 2)))
    turn = 2 * math.pi
    return {
        Kind.BOND: ([tuple(bond) for bond in graph.bonds.tolist()], 0.0),
        Kind.ANGLE: (angles, 0.0),
        Kind.TORSION: (torsions, turn),
        Kind.DOUBLE_BOND: ([chain for chain, _ in graph.all_double_bonds], turn),
        Kind.RING: (_aromatic(graph, torsions), turn),
        Kind.PLANARITY: (
            [four for four, angle in zip(trigonal, out.tolist(), strict=True) if abs(angle) < FLAT],
            0.0,
        ),
        Kind.CHIRALITY: (list(graph.centres), 0.0),
    }


def _aromatic(
    graph: StereoGraph, torsions: list[tuple[int, int, int, int]]
) -> list[tuple[int, ...]]:
    """The torsions of three aromatic bonds."""
    if graph.bond_type is None:
        return []
    bonds = {frozenset(bond) for bond in graph.bonds[graph.bond_type == _AROMATIC].tolist()}
    return [
        chain for chain in torsions if all(frozenset(chain[i : i + 2]) in bonds for i in range(3))
    ]


def _clashes(graph: StereoGraph) -> list[tuple[int, ...]]:
    """All pairs at least `CLASH_HOPS` bonds apart, or not connected."""
    count = len(graph.z)
    bonded = np.eye(count, dtype=bool)
    bonded[graph.bonds[:, 0], graph.bonds[:, 1]] = bonded[graph.bonds[:, 1], graph.bonds[:, 0]] = 1
    near = bonded
    for _ in range(CLASH_HOPS - 2):
        near = near @ bonded
    return [tuple(pair) for pair in np.argwhere(np.triu(~near)).tolist()]


def _clash_bounds(graph: StereoGraph, atoms: list[tuple[int, ...]], true: Tensor) -> Tensor:
    radii = van_der_waals_radii(graph.z)
    pairs = np.array(atoms, dtype=np.int64).reshape(-1, 2)
    low = torch.from_numpy(CLASH_SHARE * radii[pairs].sum(axis=1))
    return torch.stack([torch.minimum(low, true), torch.full_like(true, torch.inf)], dim=1)
