"""JODO: QM9's raw files, with a list of splits beside what it will make of them."""

from __future__ import annotations

import io
from pathlib import Path

import torch
from torch_geometric.data import Data

from pyg_energyloss.files import write_bytes, write_text
from pyg_energyloss.hosts.export import midi
from pyg_energyloss.hosts.export.rdkit_molecules import rdkit_molecules

#: Properties of each molecule, which it reads and does not train on.
PROPERTIES = 19


def write(splits: dict[str, list[Data]], folder: Path) -> list[Path]:
    """Write ``raw/gdb9.sdf``, its table, the list of molecules to skip, and the splits.

    JODO makes ``processed/data_qm9.pt`` of them; without the splits it wants all of QM9.
    """
    counts = {name: len(rdkit_molecules(molecules)) for name, molecules in splits.items()}
    sdf, *_ = midi.write(splits, folder)
    for name in (*splits, "gdb9.sdf"):
        (folder / f"raw/{name}.csv").unlink(missing_ok=True)
    row = ",".join(["0.0"] * PROPERTIES)
    table = "".join(f"gdb_{number + 1},{row}\n" for number in range(sum(counts.values())))
    stream, numbers = io.BytesIO(), torch.arange(sum(counts.values()))
    parts = dict(zip(counts, numbers.split(list(counts.values())), strict=True))
    torch.save({"valid" if k == "val" else k: v for k, v in parts.items()}, stream)
    (folder / "processed").mkdir(exist_ok=True)
    return [
        sdf,
        write_text(folder / "raw/gdb9.sdf.csv", f"mol_id{',property' * PROPERTIES}\n{table}"),
        folder / "raw/uncharacterized.txt",
        write_bytes(folder / "processed/split_dict_qm9.pt", stream.getvalue()),
    ]
