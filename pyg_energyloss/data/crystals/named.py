"""Crystal data sets by name: each is a dict of split name to PyG data set."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from torch_geometric.data import Data

from pyg_energyloss.data.crystals.dataset import CrystalDataset
from pyg_energyloss.data.crystals.fingerprint import coordination_families, unique_rows
from pyg_energyloss.data.crystals.table import CrystalTable
from pyg_energyloss.data.splits import FRACTIONS, split_groups

Transform = Callable[[Data], Data] | None
CrystalSplits = dict[str, CrystalDataset]


def perov_5(
    path: str | os.PathLike[str], *, split_seed: int = 0, transform: Transform = None
) -> CrystalSplits:
    """Perovskites of five atoms; polymorphs of one composition stay in one split.

    Args:
        path: One of CDVAE's csv files (``.gz`` or not), split here; or the folder with all three,
            whose published splits are kept.
        split_seed: Seed of the split.
        transform: PyG transform, called at each access.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it holds no crystals.
        ImportError: gemmi is missing.

    Source: Castelli et al., Energy Environ. Sci. 5, 5814 (2012), as Xie et al., ICLR 2022 made
    them. That the split is by composition: arXiv 2509.12178.
    """
    if Path(path).expanduser().is_dir():
        return _published(path, transform)
    table = CrystalTable.read_csv(path)
    return _split(table, table.compositions(), split_seed, transform)


def carbon_24(
    path: str | os.PathLike[str],
    *,
    tolerance: float = 0.05,
    split_seed: int = 0,
    transform: Transform = None,
) -> CrystalSplits:
    """Carbon of 6 to 24 atoms, each crystal once; nets of one family stay in one split.

    Args:
        path: As for `perov_5`; duplicates of published splits are kept.
        tolerance: Of `unique_rows`, Å; negative keeps duplicates.
        split_seed: Seed of the split.
        transform: PyG transform, called at each access.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it holds no crystals.
        ImportError: gemmi is missing.

    Source: Pickard, AIRSS data for carbon at 10 GPa, Materials Cloud 2020.0026, as Xie et al., ICLR
    2022 made them. That there are duplicates: arXiv 2509.12178.
    """
    if Path(path).expanduser().is_dir():
        return _published(path, transform)
    table = CrystalTable.read_csv(path)
    family = coordination_families(table)
    if tolerance >= 0:
        rows = unique_rows(table, family=family, tolerance=tolerance)
        table, family = table.take(rows), family[rows]
    return _split(table, family, split_seed, transform)


def mp_20(
    path: str | os.PathLike[str], *, split_seed: int = 0, transform: Transform = None
) -> CrystalSplits:
    """Crystals of the Materials Project of at most 20 atoms, the folder of CDVAE's csv files.

    Args:
        path: Folder with ``train.csv``, ``val.csv`` and ``test.csv``; or one file, then split by
            composition.
        split_seed: Seed of the split of one file.
        transform: PyG transform, called at each access.

    Raises:
        FileNotFoundError: a file is missing.
        ValueError: it holds no crystals.
        ImportError: gemmi is missing.

    Source: Jain et al., APL Mater. 1, 011002 (2013), as Xie et al., ICLR 2022 made them.
    """
    return perov_5(path, split_seed=split_seed, transform=transform)


def perov_5_small(*, split_seed: int = 0, transform: Transform = None) -> CrystalSplits:
    """96 of the perovskites; embedded."""
    table = embedded("perov_5_small")
    return _split(table, table.compositions(), split_seed, transform)


def carbon_24_small(*, split_seed: int = 0, transform: Transform = None) -> CrystalSplits:
    """48 of the carbon crystals, all different; embedded."""
    table = embedded("carbon_24_small")
    return _split(table, coordination_families(table), split_seed, transform)


def embedded(name: str) -> CrystalTable:
    """An excerpt that comes with the library: "perov_5_small" or "carbon_24_small"."""
    resource = resources.files("pyg_energyloss.data") / "embedded" / f"{name}.npz"
    with resources.as_file(resource) as path:
        return CrystalTable.load(path)


def _split(
    table: CrystalTable, group: NDArray[np.int64], seed: int, transform: Transform
) -> CrystalSplits:
    rows = split_groups(group, seed=seed)
    return {name: CrystalDataset(table, part, transform=transform) for name, part in rows.items()}


def _published(path: str | os.PathLike[str], transform: Transform) -> CrystalSplits:
    folder = Path(path).expanduser()
    found = {}
    for split in FRACTIONS:
        file = next((f for f in folder.glob(f"{split}.csv*")), folder / f"{split}.csv")
        found[split] = CrystalDataset(CrystalTable.read_csv(file), transform=transform)
    return found
