"""EDM (e3_diffusion_for_molecules): padded arrays, one npz file a split, under ``qm9/``."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch_geometric.data import Data

from pyg_energyloss.files import npz_bytes, write_bytes


def write(splits: dict[str, list[Data]], folder: Path) -> list[Path]:
    """Write ``qm9/{train,valid,test}.npz`` and an empty list of known SMILES.

    The latter is ``qm9_smiles.pickle``, which EDM looks for in ``qm9/temp`` of its checkout to
    count novel molecules; without it EDM downloads all of QM9.
    """
    target = folder / "qm9"
    target.mkdir(exist_ok=True)
    largest = max(len(m.z) for molecules in splits.values() for m in molecules)
    written = []
    for name, molecules in splits.items():
        path = target / f"{'valid' if name == 'val' else name}.npz"
        write_bytes(path, npz_bytes(_arrays(molecules, largest)))
        written.append(path)
    smiles = folder / "qm9_smiles.pickle"
    write_bytes(smiles, pickle.dumps([]))
    return [*written, smiles]


def _arrays(molecules: list[Data], largest: int) -> dict[str, NDArray[Any]]:
    charges = np.zeros((len(molecules), largest), dtype=np.int64)
    positions = np.zeros((len(molecules), largest, 3), dtype=np.float64)
    for row, molecule in enumerate(molecules):
        charges[row, : len(molecule.z)] = molecule.z.numpy()
        positions[row, : len(molecule.z)] = molecule.pos.numpy()
    return {
        "num_atoms": np.array([len(m.z) for m in molecules]),
        "charges": charges,
        "positions": positions,
        "index": np.arange(len(molecules)),
    }
