"""Structures from files, one reader for every program."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from torch_geometric.data import Data

from pyg_energyloss.data.formats.arrays import read_npz
from pyg_energyloss.data.formats.ase_formats import read_with_ase, read_xyz
from pyg_energyloss.data.formats.macromolecules import is_macromolecule, read_macromolecules
from pyg_energyloss.data.formats.sdf import read_sdf
from pyg_energyloss.data.structure import Structure

Reader = Callable[[Path], Iterator[Structure]]


def _read_cif(path: Path) -> Iterator[Structure]:
    return (read_macromolecules if is_macromolecule(path) else read_with_ase)(path)


#: What is looked for in a folder; another format is left to ASE.
READERS: dict[str, Reader] = {
    ".extxyz": read_xyz,
    ".xyz": read_xyz,
    ".sdf": read_sdf,
    ".npz": read_npz,
    ".pdb": read_macromolecules,
    ".ent": read_macromolecules,
    ".cif": _read_cif,
    ".mmcif": read_macromolecules,
}


def read_structures(path: str | os.PathLike[str]) -> list[Structure]:
    """Read every structure of a file, or of all structure files in a folder, as it is.

    Broken structures come as they are, too; `Structure.checked` tells what is wrong with one.

    Args:
        path: File or folder; extxyz, xyz, SDF, PDB, mmCIF (each also with ``.gz``), npz, and of a
            file whatever else ASE reads.

    Raises:
        FileNotFoundError: there is no such file, or no structure file in the folder.
        ValueError: the file cannot be read, or has no structure; the message names it.
        ImportError: ASE, RDKit or gemmi is needed and missing.

    >>> import tempfile, numpy as np
    >>> folder = tempfile.TemporaryDirectory()
    >>> written = Path(folder.name, "hydrogen.npz")
    >>> np.savez(written, z=np.array([1, 1]), pos=np.array([[0, 0, 0], [0.74, 0, 0]]))
    >>> [structure.z.tolist() for structure in read_structures(written)]
    [[1, 1]]
    >>> folder.cleanup()
    """
    source = Path(path).expanduser()
    if source.is_dir():
        files = sorted(p for p in source.iterdir() if _suffix(p) in READERS and p.is_file())
        if not files:
            raise FileNotFoundError(2, f"No {', '.join(READERS)} file in this folder", str(source))
    elif source.exists():
        files = [source]
    else:
        raise FileNotFoundError(2, "No such file or directory", str(source))
    found: list[Structure] = []
    for file in files:
        here = list(READERS.get(_suffix(file), read_with_ase)(file))
        if not here:
            raise ValueError(f"{file}: has no structure in it")
        found += here
    return found


def read_data(path: str | os.PathLike[str]) -> list[Data]:
    """Read structures as PyG items, broken ones as well; see `read_structures`.

    Returns:
        Each as `Structure.to_data` makes it: ``z`` [num_nodes], ``pos`` [num_nodes, 3] in Å, and
        what else the file tells.
    """
    return [structure.to_data() for structure in read_structures(path)]


def _suffix(path: Path) -> str:
    return (path.with_suffix("") if path.suffix == ".gz" else path).suffix.lower()
