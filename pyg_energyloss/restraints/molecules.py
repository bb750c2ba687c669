"""Restraints from an RDKit molecule: what its graph says about any of its structures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from pyg_energyloss.restraints.kinds import Kind, kind_of
from pyg_energyloss.restraints.structures import CLASH_HOPS, KINDS
from pyg_energyloss.restraints.terms import Restraints
from pyg_energyloss.restraints.weights import PYRAMID, TETRAHEDRON, WEIGHTS, chirality_weight

#: Half the width of the flat bottom of torsions of double bonds and rings, and of planes, in rad.
PLANAR = math.radians(8)
#: A centre's volume is at least this share of the ideal one; small rings make it flat.
LEAST_VOLUME = 0.25
#: Share of RDKit's lower bound that distances of four and more bonds may reach.
CLASH_SHARE = 0.85

Atoms = Sequence[tuple[int, ...]]
Bounds = Sequence[tuple[float, float]]


def from_rdkit(mol: Any, *, kinds: Sequence[str] = KINDS) -> Restraints:
    """Return the terms that a molecule's graph and stereo tags set, with flat bottoms.

    Bond lengths, angles and least distances are the bounds that RDKit's distance geometry starts
    from; aromatic rings and trigonal carbons are planar; centres and double bonds have the hand of
    their tags. Where a molecule has a conformer, centres and double bonds without a tag have the
    hand that they have in it.

    Args:
        mol: sanitised RDKit molecule; terms are numbered as its atoms.
        kinds: which terms to make: the names of `Kind` in lower case; "torsion" makes none.

    Raises:
        ImportError: RDKit is missing.
        ValueError: a kind is unknown, or RDKit finds no bounds that agree with each other.

    >>> from rdkit import Chem
    >>> alanine = Chem.AddHs(Chem.MolFromSmiles("C[C@H](N)C(=O)O"))
    >>> from_rdkit(alanine, kinds=["chirality"]).index[:, 0].tolist()
    [1, 0, 2, 3, 9]

    Source: Blaney, Dixon, "Distance geometry in molecular modeling", Rev. Comput. Chem. 5 (1994);
    Riniker, Landrum, J. Chem. Inf. Model. 55, 2562 (2015), as implemented in RDKit.
    """
    try:
        import rdkit  # noqa: F401 - only whether it is there
    except ImportError as error:
        raise ImportError("`from_rdkit` needs RDKit: pip install 'pyg-energyloss[chem]'") from error
    wanted = {kind_of(name) for name in kinds}
    tagged = _tagged(mol)
    # The upper triangle holds the longest, the lower triangle the shortest distances.
    matrix = _bounds(tagged)
    shortest, longest = np.tril(matrix) + np.tril(matrix).T, np.triu(matrix) + np.triu(matrix).T
    length = 0.5 * (shortest + longest)
    parts = []
    if Kind.BOND in wanted:
        bonds = [(b.GetBeginAtomIdx(), b.GetEndAtomIdx()) for b in tagged.GetBonds()]
        limits = [(shortest[pair], longest[pair]) for pair in bonds]
        parts.append(_terms(Kind.BOND, bonds, limits))
    if Kind.CLASH in wanted:
        parts.append(_clashes(tagged, shortest))
    if Kind.ANGLE in wanted:
        parts.append(_angles(tagged, shortest, longest))
    if Kind.DOUBLE_BOND in wanted:
        parts.extend(_double_bonds(tagged))
    if Kind.RING in wanted:
        rings = _rings(tagged)
        limits = [(-PLANAR, PLANAR)] * len(rings)
        parts.append(_terms(Kind.RING, rings, limits, period=2 * math.pi))
    if Kind.PLANARITY in wanted:
        planes = _planes(tagged)
        parts.append(_terms(Kind.PLANARITY, planes, [(-PLANAR, PLANAR)] * len(planes)))
    if Kind.CHIRALITY in wanted:
        parts.append(_centres(tagged, length))
    return Restraints.cat(parts)


def _bounds(mol: Any) -> NDArray[np.float64]:
    """RDKit's bounds; strange molecules have some that contradict each other five atoms on."""
    from rdkit import rdBase
    from rdkit.Chem import rdDistGeom

    with rdBase.BlockLogs():
        for further in (True, False):
            try:
                found: NDArray[np.float64] = rdDistGeom.GetMoleculeBoundsMatrix(
                    mol, set15bounds=further, doTriangleSmoothing=further
                )
            except (RuntimeError, ValueError):  # RDKit's own errors derive from these
                continue
            return found
    raise ValueError(
        "`mol` has distance bounds that contradict each other, expected a molecule that RDKit can "
        "embed; make the terms with `from_data`"
    )


def _tagged(mol: Any) -> Any:
    """The molecule, with tags from its conformer where it has none."""
    from rdkit import Chem

    tagged = Chem.Mol(mol)
    if tagged.GetNumConformers() and tagged.GetConformer().Is3D():
        Chem.AssignStereochemistryFrom3D(tagged, replaceExistingTags=False)
    # That tags methyl groups as well; cleaning leaves what can be of either hand.
    Chem.AssignStereochemistry(tagged, cleanIt=True, force=True)
    return tagged


def _terms(kind: Kind, atoms: Atoms, bounds: Bounds, *, period: float = 0.0) -> Restraints:
    return Restraints.of(kind, atoms, bounds, period=period, weight=WEIGHTS[kind])


def _around(atom: Any) -> list[int]:
    """Neighbours in the order of the bonds, which the tags refer to."""
    return [bond.GetOtherAtomIdx(atom.GetIdx()) for bond in atom.GetBonds()]


def _clashes(mol: Any, shortest: NDArray[np.float64]) -> Restraints:
    from rdkit import Chem

    apart = np.triu(Chem.GetDistanceMatrix(mol) >= CLASH_HOPS)
    pairs = [tuple(pair) for pair in np.argwhere(apart).tolist()]
    limits = [(CLASH_SHARE * shortest[pair], math.inf) for pair in pairs]
    return _terms(Kind.CLASH, pairs, limits)


def _angles(mol: Any, shortest: NDArray[np.float64], longest: NDArray[np.float64]) -> Restraints:
    chains, limits = [], []
    for atom in mol.GetAtoms():
        centre, around = atom.GetIdx(), _around(atom)
        for place, i in enumerate(around):
            for k in around[:place]:
                sides = (
                    0.5 * (shortest[i, centre] + longest[i, centre]),
                    0.5 * (shortest[k, centre] + longest[k, centre]),
                )
                chains.append((i, centre, k))
                limits.append((_opening(*sides, shortest[i, k]), _opening(*sides, longest[i, k])))
    return _terms(Kind.ANGLE, chains, limits)


def _opening(one: float, other: float, across: float) -> float:
    """The angle of a triangle opposite to a side, in rad."""
    cosine = (one**2 + other**2 - across**2) / (2 * one * other)
    return math.acos(min(1.0, max(-1.0, cosine)))


def _double_bonds(mol: Any) -> list[Restraints]:
    from rdkit import Chem

    trans = {Chem.BondStereo.STEREOE, Chem.BondStereo.STEREOTRANS}
    cis = {Chem.BondStereo.STEREOZ, Chem.BondStereo.STEREOCIS}
    turn = 2 * math.pi
    known: tuple[list[tuple[int, ...]], list[tuple[float, float]]] = ([], [])
    either: list[tuple[int, ...]] = []
    for bond in mol.GetBonds():
        ends = bond.GetBeginAtom(), bond.GetEndAtom()
        inner = tuple(end.GetIdx() for end in ends)
        if bond.GetStereo() in trans | cis:
            first, last = bond.GetStereoAtoms()
            middle = math.pi if bond.GetStereo() in trans else 0.0
            known[0].append((first, *inner, last))
            known[1].append((middle - PLANAR, middle + PLANAR))
        elif bond.GetBondType() == Chem.BondType.DOUBLE and not bond.GetIsAromatic():
            outer = [
                [a for a in _around(end) if a != other]
                for end, other in zip(ends, inner[::-1], strict=True)
            ]
            if all(1 <= len(some) <= 2 for some in outer):  # noqa: PLR2004 - trigonal
                either.append((outer[0][0], *inner, outer[1][0]))
    flat = [(-PLANAR, PLANAR)] * len(either)
    return [
        _terms(Kind.DOUBLE_BOND, *known, period=turn),
        _terms(Kind.DOUBLE_BOND, either, flat, period=turn / 2),
    ]


def _rings(mol: Any) -> Atoms:
    """Four atoms in a row of each aromatic ring, at each of its bonds."""
    chains = []
    for ring in mol.GetRingInfo().AtomRings():
        size = len(ring)
        around = [mol.GetBondBetweenAtoms(ring[i], ring[(i + 1) % size]) for i in range(size)]
        if all(bond.GetIsAromatic() for bond in around):
            chains += [tuple(ring[(i + k) % size] for k in range(4)) for i in range(size)]
    return chains


def _planes(mol: Any) -> Atoms:
    """Trigonal carbons and aromatic atoms with their three neighbours."""
    from rdkit import Chem

    planar = Chem.HybridizationType.SP2
    return [
        (atom.GetIdx(), *_around(atom))
        for atom in mol.GetAtoms()
        if atom.GetDegree() == 3  # noqa: PLR2004 - trigonal
        and atom.GetHybridization() == planar
        and (atom.GetIsAromatic() or atom.GetAtomicNum() == 6)  # noqa: PLR2004 - carbon
    ]


def _centres(mol: Any, length: NDArray[np.float64]) -> Restraints:
    from rdkit import Chem

    signs = {Chem.ChiralType.CHI_TETRAHEDRAL_CCW: 1, Chem.ChiralType.CHI_TETRAHEDRAL_CW: -1}
    atoms, bounds, weights = [], [], []
    for atom in mol.GetAtoms():
        sign, around = signs.get(atom.GetChiralTag()), _around(atom)
        if sign is None or len(around) not in {3, 4}:
            continue
        centre, full = atom.GetIdx(), len(around) == 4  # noqa: PLR2004 - tetrahedral
        ideal = TETRAHEDRON if full else PYRAMID
        volume = ideal * float(np.prod([length[centre, n] for n in around])) ** (3 / len(around))
        atoms.append((centre, *around) if full else (centre, *around, centre))
        limits = (LEAST_VOLUME * volume, math.inf)
        bounds.append(limits if sign > 0 else (-limits[1], -limits[0]))
        weights.append(WEIGHTS[Kind.CHIRALITY] * chirality_weight(volume, ideal=ideal))
    return Restraints.of(Kind.CHIRALITY, atoms, bounds, weight=torch.tensor(weights))
