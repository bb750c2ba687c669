"""Data sets by name: each is a dict of split name to PyG data set."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from importlib import resources

from torch_geometric.data import Data

from pyg_energyloss.data.files import read_molecules
from pyg_energyloss.data.molecules import MoleculeDataset
from pyg_energyloss.data.pyg import from_pyg
from pyg_energyloss.data.records import MoleculeTable
from pyg_energyloss.data.splits import split_groups

Splits = dict[str, MoleculeDataset]
Transform = Callable[[Data], Data] | None


def from_table(
    table: MoleculeTable,
    *,
    split_seed: int = 0,
    max_hops: int = 3,
    hydrogens: bool = True,
    max_heavy_atoms: int | None = None,
    stereo: bool = False,
    transform: Transform = None,
) -> Splits:
    """Split a table into ``train``, ``val`` and ``test`` PyG data sets.

    Args:
        table: The molecules.
        split_seed: Seed of the split.
        max_hops: Largest topological distance in ``hop_index``.
        hydrogens: Keep them, or drop them from every molecule.
        max_heavy_atoms: Leave out molecules with more atoms than this that are not hydrogen.
        stereo: Add the hand of centres and double bonds as the feature ``stereo``.
        transform: PyG transform, called at each access.

    Raises:
        ValueError: the table has fewer than three molecules (groups).
    """
    if not hydrogens:
        table = table.without_hydrogens()
    rows = split_groups(table.group, seed=split_seed)
    if max_heavy_atoms is not None:
        # After the split, so that no molecule changes sides.
        kept = table.heavy_atoms() <= max_heavy_atoms
        rows = {name: part[kept[part]] for name, part in rows.items()}
    return {
        name: MoleculeDataset(table, part, max_hops=max_hops, stereo=stereo, transform=transform)
        for name, part in rows.items()
    }


def _embedded(
    name: str,
    *,
    split_seed: int,
    max_hops: int,
    hydrogens: bool,
    max_heavy_atoms: int | None,
    stereo: bool,
    transform: Transform,
) -> Splits:
    resource = resources.files("pyg_energyloss.data") / "embedded" / f"{name}.npz"
    with resources.as_file(resource) as path:
        return table(
            path,
            split_seed=split_seed,
            max_hops=max_hops,
            hydrogens=hydrogens,
            max_heavy_atoms=max_heavy_atoms,
            stereo=stereo,
            transform=transform,
        )


def qm9_small(
    *,
    split_seed: int = 0,
    max_hops: int = 3,
    hydrogens: bool = True,
    max_heavy_atoms: int | None = None,
    stereo: bool = False,
    transform: Transform = None,
) -> Splits:
    """4112 QM9 molecules, nearly all of at most 14 atoms; embedded."""
    return _embedded(
        "qm9_small",
        split_seed=split_seed,
        max_hops=max_hops,
        hydrogens=hydrogens,
        max_heavy_atoms=max_heavy_atoms,
        stereo=stereo,
        transform=transform,
    )


def qm7(
    *,
    split_seed: int = 0,
    max_hops: int = 3,
    hydrogens: bool = True,
    max_heavy_atoms: int | None = None,
    stereo: bool = False,
    transform: Transform = None,
) -> Splits:
    """7101 molecules of 4 to 23 atoms; embedded."""
    return _embedded(
        "qm7",
        split_seed=split_seed,
        max_hops=max_hops,
        hydrogens=hydrogens,
        max_heavy_atoms=max_heavy_atoms,
        stereo=stereo,
        transform=transform,
    )


def druglike(
    *,
    split_seed: int = 0,
    max_hops: int = 3,
    hydrogens: bool = True,
    max_heavy_atoms: int | None = None,
    stereo: bool = False,
    transform: Transform = None,
) -> Splits:
    """354 drug-like molecules of 15 to 88 atoms, 3490 conformers, split by molecule; embedded."""
    return _embedded(
        "druglike",
        split_seed=split_seed,
        max_hops=max_hops,
        hydrogens=hydrogens,
        max_heavy_atoms=max_heavy_atoms,
        stereo=stereo,
        transform=transform,
    )


def from_files(
    path: str | os.PathLike[str],
    *,
    group_key: str | None = None,
    split_seed: int = 0,
    max_hops: int = 3,
    hydrogens: bool = True,
    max_heavy_atoms: int | None = None,
    stereo: bool = False,
    transform: Transform = None,
) -> Splits:
    """Your own structures: a file that `read_structures` reads, or a folder of them.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: a structure is not usable; the message names it.
        ImportError: ASE or RDKit is needed and missing.
    """
    table = MoleculeTable.from_molecules(read_molecules(path, group_key=group_key))
    return from_table(
        table,
        split_seed=split_seed,
        max_hops=max_hops,
        hydrogens=hydrogens,
        max_heavy_atoms=max_heavy_atoms,
        stereo=stereo,
        transform=transform,
    )


def table(
    path: str | os.PathLike[str],
    *,
    split_seed: int = 0,
    max_hops: int = 3,
    hydrogens: bool = True,
    max_heavy_atoms: int | None = None,
    stereo: bool = False,
    transform: Transform = None,
) -> Splits:
    """Molecules packed in a file by `MoleculeTable.to_bytes`."""
    loaded = MoleculeTable.load(path)
    return from_table(
        loaded,
        split_seed=split_seed,
        max_hops=max_hops,
        hydrogens=hydrogens,
        max_heavy_atoms=max_heavy_atoms,
        stereo=stereo,
        transform=transform,
    )


def qm9(
    root: str | os.PathLike[str] = "data/QM9",
    *,
    limit: int | None = None,
    split_seed: int = 0,
    max_hops: int = 3,
    hydrogens: bool = True,
    max_heavy_atoms: int | None = None,
    stereo: bool = False,
    transform: Transform = None,
) -> Splits:
    """The public QM9 through PyG's own loader, which downloads it to ``root`` at the first use.

    Args:
        root: Folder of `torch_geometric.datasets.QM9`.
        limit: Take only this many molecules, evenly spread; all if None.
        split_seed: Seed of the split.
        max_hops: Largest topological distance in ``hop_index``.
        hydrogens: Keep them, or drop them from every molecule.
        max_heavy_atoms: Leave out molecules with more atoms than this that are not hydrogen.
        stereo: Add the hand of centres and double bonds as the feature ``stereo``.
        transform: PyG transform, called at each access.

    Raises:
        OSError: it is not in ``root`` and cannot be downloaded.
    """
    from torch_geometric.datasets import QM9

    source = QM9(os.fspath(root))
    rows: Iterable[int] = range(len(source))
    if limit is not None and limit < len(source):
        rows = [i * len(source) // limit for i in range(limit)]
    table = from_pyg([source[i] for i in rows])
    return from_table(
        table,
        split_seed=split_seed,
        max_hops=max_hops,
        hydrogens=hydrogens,
        max_heavy_atoms=max_heavy_atoms,
        stereo=stereo,
        transform=transform,
    )
