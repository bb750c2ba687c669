"""FlowMol: the tensors that its ``process_qm9.py`` makes of all of QM9, here of any molecules."""

from __future__ import annotations

import io
import json
import pickle
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch_geometric.data import Data

from pyg_energyloss.files import write_bytes, write_text
from pyg_energyloss.hosts.export.rdkit_molecules import rdkit_molecules

#: ``dataset.atom_map`` of its configuration, in this order.
ELEMENTS = ("C", "H", "N", "O", "F")
#: Charges from -2 to 3, and the bonds that it tells apart: none, single, double, triple.
LOWEST_CHARGE, CHARGES, BONDS = -2, 6, 4


def write(splits: dict[str, list[Data]], folder: Path) -> list[Path]:
    """Write ``SPLIT_data_{processed,n_atoms_histogram,marginal_dists}.pt``, SMILES, valences."""
    from rdkit import Chem

    written = []
    for name, given in splits.items():
        molecules = rdkit_molecules(given)
        for molecule in molecules:
            Chem.Kekulize(molecule, clearAromaticFlags=True)
        smiles = [Chem.MolToSmiles(molecule) for molecule in molecules]
        tensors = _tensors(molecules)
        sizes = tensors["node_idx_array"].diff(dim=1).flatten()
        files = {
            "processed.pt": {"smiles": smiles, **tensors},
            "n_atoms_histogram.pt": torch.unique(sizes, return_counts=True),
            "marginal_dists.pt": _shares(tensors, sizes),
        }
        for kind, content in files.items():
            stream = io.BytesIO()
            torch.save(content, stream)
            path = folder / f"{name}_data_{kind}"
            write_bytes(path, stream.getvalue())
            written.append(path)
        path = folder / f"{name}_data_smiles.pkl"
        write_bytes(path, pickle.dumps(smiles))
        path = folder / f"{name}_data_valencies_kekulized.json"
        write_text(path, json.dumps(_valencies(molecules)))
        written += [folder / f"{name}_data_smiles.pkl", path]
    return written


def _tensors(molecules: list[Any]) -> dict[str, Tensor]:
    """All atoms and bonds one after another, and where those of each molecule begin and end."""
    atoms = [atom for molecule in molecules for atom in molecule.GetAtoms()]
    bonds = [bond for molecule in molecules for bond in molecule.GetBonds()]
    ends = [sorted((bond.GetBeginAtomIdx(), bond.GetEndAtomIdx())) for bond in bonds]
    places = [torch.tensor(m.GetConformer().GetPositions()) for m in molecules]
    kinds = torch.tensor([ELEMENTS.index(atom.GetSymbol()) for atom in atoms])
    return {
        "positions": torch.cat(places).float(),
        "atom_types": torch.nn.functional.one_hot(kinds, len(ELEMENTS)).bool(),
        "atom_charges": torch.tensor([a.GetFormalCharge() for a in atoms], dtype=torch.int32),
        "bond_types": torch.tensor([int(b.GetBondTypeAsDouble()) for b in bonds]).int(),
        "bond_idxs": torch.tensor(ends, dtype=torch.int32),
        "node_idx_array": _ranges([m.GetNumAtoms() for m in molecules]),
        "edge_idx_array": _ranges([m.GetNumBonds() for m in molecules]),
    }


def _valencies(molecules: list[Any]) -> dict[str, dict[str, list[int]]]:
    """Valences that occur, by element and charge."""
    found: dict[str, dict[str, set[int]]] = {}
    for atom in (atom for molecule in molecules for atom in molecule.GetAtoms()):
        orders = sum(int(bond.GetBondTypeAsDouble()) for bond in atom.GetBonds())
        charges = found.setdefault(atom.GetSymbol(), {})
        charges.setdefault(str(atom.GetFormalCharge()), set()).add(orders)
    return {k: {c: sorted(v) for c, v in charges.items()} for k, charges in found.items()}


def _ranges(counts: list[int]) -> Tensor:
    end = torch.tensor(counts).cumsum(0)
    return torch.stack([end - torch.tensor(counts), end], dim=1).int()


def _shares(tensors: dict[str, Tensor], sizes: Tensor) -> tuple[Tensor, ...]:
    """Shares of atom types, charges, bonds (of all pairs), and of charges of each type."""
    charge = torch.nn.functional.one_hot(tensors["atom_charges"].long() - LOWEST_CHARGE, CHARGES)
    bonds = tensors["bond_types"].long().bincount(minlength=BONDS)
    bonds[0] = (sizes * (sizes - 1) // 2).sum() - bonds.sum()
    kinds = tensors["atom_types"].float()
    both = kinds.t() @ charge.float()
    shares = (kinds.mean(0), charge.float().mean(0), bonds / bonds.sum())
    return (*shares, both / both.sum(1, keepdim=True).clamp(min=1.0))
