"""MiDi: QM9 as its authors publish it, an SDF file with tables beside it, under ``raw/``."""

from __future__ import annotations

from pathlib import Path

from torch_geometric.data import Data

from pyg_energyloss.files import write_text
from pyg_energyloss.hosts.export.rdkit_molecules import rdkit_molecules

#: Lines before and after the numbers of molecules that are left out.
HEAD, TAIL = "header\n" * 9, "end\n"


def write(splits: dict[str, list[Data]], folder: Path) -> list[Path]:
    """Write ``raw/gdb9.sdf``, its table, the list of molecules to skip, and the three splits."""
    from rdkit import Chem

    raw = folder / "raw"
    raw.mkdir(exist_ok=True)
    parts = {name: rdkit_molecules(molecules) for name, molecules in splits.items()}
    everything = [molecule for molecules in parts.values() for molecule in molecules]
    blocks = [f"{Chem.MolToMolBlock(m, kekulize=True)}$$$$\n" for m in everything]
    written = [write_text(raw / "gdb9.sdf", "".join(blocks))]
    texts = {"gdb9.sdf.csv": _table(range(len(everything)))}
    # Nothing is skipped; MiDi reads numbers between a head of nine lines and a tail of two.
    texts["uncharacterized.txt"] = HEAD + TAIL
    start = 0
    for name, molecules in parts.items():
        texts[f"{name}.csv"] = _table(range(start, start + len(molecules)))
        start += len(molecules)
    for name, text in texts.items():
        written.append(write_text(raw / name, text))
    return written


def _table(rows: range) -> str:
    return ",mol_id\n" + "".join(f"{row},gdb_{row + 1}\n" for row in rows)
