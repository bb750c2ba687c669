from collections import defaultdict
from itertools import pairwise, permutations

import numpy as np
import pytest
import torch
from torch_geometric.data import Data

from pyg_energyloss.metrics.generated import internal_coordinates
from pyg_energyloss.metrics.generated.perception import bonds_by_tables


def by_rdkit(molecules):
    """Lengths, angles and dihedrals by RDKit's own functions, chain by chain."""
    from rdkit.Chem import rdMolTransforms

    measures = (
        rdMolTransforms.GetBondLength,
        rdMolTransforms.GetAngleDeg,
        rdMolTransforms.GetDihedralDeg,
    )
    found = [defaultdict(list) for _ in measures]
    for molecule in molecules:
        read = bonds_by_tables(molecule)
        place = read.GetConformer()
        for values, measure, atoms in zip(found, measures, (2, 3, 4), strict=True):
            for chain in permutations(range(read.GetNumAtoms()), atoms):
                bonds = [read.GetBondBetweenAtoms(*ends) for ends in pairwise(chain)]
                if chain[0] < chain[-1] and all(bonds):
                    values[kind(read, chain, bonds)].append(measure(place, *chain))
    return found


def kind(read, chain, bonds):
    symbols = [read.GetAtomWithIdx(i).GetSymbol() for i in chain]
    parts = symbols[:1]
    for symbol, bond in zip(symbols[1:], bonds, strict=True):
        parts += [str(int(bond.GetBondTypeAsDouble())), symbol]
    return min("".join(parts), "".join(reversed(parts)))


def test_they_are_those_of_rdkit(qm9):
    pytest.importorskip("rdkit")
    readable = [
        m
        for m in qm9[::15]
        if (read := bonds_by_tables(m)) and not any(a.GetIsAromatic() for a in read.GetAtoms())
    ]
    readable = [m for m in readable if m.z.numel() < 15][:6]
    assert len(readable) == 6
    ours, theirs = internal_coordinates(readable), by_rdkit(readable)
    for first, second in zip(ours, theirs, strict=True):
        assert first.keys() == second.keys()
        for name, values in first.items():
            # A dihedral of ±180 degrees may get either sign.
            np.testing.assert_allclose(
                np.sort(np.abs(values)), np.sort(np.abs(second[name])), atol=2e-3, err_msg=name
            )


def test_mirror_images_have_the_opposite_dihedrals(qm9):
    mirrored = [Data(z=m.z, pos=m.pos * torch.tensor([1, 1, -1])) for m in qm9[:10]]
    ours, theirs = internal_coordinates(qm9[:10]), internal_coordinates(mirrored)
    for kind, values in ours[2].items():
        inside = np.abs(values) < 179
        np.testing.assert_allclose(values[inside], -theirs[2][kind][inside], atol=1e-2)


def test_broken_molecules_and_none_at_all_have_no_coordinates(broken):
    assert internal_coordinates(broken[:-1]) == ({}, {}, {})
    assert internal_coordinates([]) == ({}, {}, {})


def test_three_membered_rings_have_no_dihedral_within_the_ring():
    ring = torch.tensor([[0.0, 0, 0], [1.5, 0, 0], [0.75, 1.3, 0]])
    lengths, angles, dihedrals = internal_coordinates([Data(z=torch.tensor([6, 6, 6]), pos=ring)])
    assert (len(lengths["C1C"]), len(angles["C1C1C"]), dihedrals) == (3, 3, {})


def test_a_heap_of_atoms_has_lengths_but_not_millions_of_chains():
    pos = 0.3 * torch.from_numpy(np.indices((4, 4, 3)).reshape(3, -1).T.copy()).float()
    heap = Data(z=torch.full((48,), 6), pos=pos)
    lengths, angles, dihedrals = internal_coordinates([heap] * 20)
    assert sum(map(len, lengths.values())) == 20 * 48 * 47 / 2
    assert (angles, dihedrals) == ({}, {})
