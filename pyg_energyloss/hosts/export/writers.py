"""Choose the writer of a host."""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from torch_geometric.data import Data

#: Hosts whose files can be written, and what the folder is to them.
HOSTS = {
    "diffcsp": "data.root_path; the data set must be one of crystals",
    "edm": "--datadir",
    "etflow": "datamodule_args.data_dir",
    "flowmol": "dataset.processed_data_dir, with atom_map [C, H, N, O, F]",
    "jodo": "--config.data.root",
    "midi": "dataset.datadir, relative to the checkout's parent",
    "semlaflow": "--data_path of `python -m semlaflow.preprocess`",
    "tabasco": "datamodule.data_dir and val_data_dir name its files",
}

SPLITS = ("train", "val", "test")


def export_for(
    host: str, splits: Mapping[str, Sequence[Data]], folder: str | os.PathLike[str]
) -> list[Path]:
    """Write molecules in the files that a host reads.

    Args:
        host: one of `HOSTS`.
        splits: molecules with ``z``, ``pos``, ``edge_index`` and ``bond_type`` for "train", "val"
            and "test", such as `pyg_energyloss.data.qm9_small` gives; for DiffCSP crystals, with
            ``cell`` and no bonds, such as `pyg_energyloss.data.crystals` gives.
        folder: where to; made if it is not there.

    Returns:
        What was written. A molecule in which RDKit finds a wrong valence is left out by the hosts
        that want RDKit's molecules.

    Raises:
        ValueError: an unknown host, or a split is missing or empty.
        ImportError: RDKit is missing and the host wants its molecules.
    """
    if host not in HOSTS:
        raise ValueError(f"`host` must be one of {', '.join(HOSTS)}, got {host!r}")
    if lacking := [name for name in SPLITS if not len(splits.get(name, ()))]:
        raise ValueError(
            f"`splits` must have molecules for {', '.join(SPLITS)}; none for {', '.join(lacking)}"
        )
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    writer = importlib.import_module(f"pyg_energyloss.hosts.export.{host}")
    written: list[Path] = writer.write({name: list(splits[name]) for name in SPLITS}, target)
    return written
