"""Generated molecules as files that ASE and RDKit open."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from torch_geometric.data import Data

from pyg_energyloss.data.elements import SYMBOLS
from pyg_energyloss.evaluate.generated.bond_tables import bond_orders
from pyg_energyloss.report.files import write_text


def write_extxyz(path: str | os.PathLike[str], molecules: Sequence[Data]) -> Path:
    """Write molecules to one extxyz file, atomically; ``ase gui`` opens it.

    Args:
        path: Of the file.
        molecules: With ``z`` [num_nodes] and ``pos`` [num_nodes, 3], Å.
    """
    lines: list[str] = []
    for index, molecule in enumerate(molecules):
        lines += [str(molecule.z.numel()), f"Properties=species:S:1:pos:R:3 index={index}"]
        for z, (x, y, h) in zip(molecule.z.tolist(), molecule.pos.tolist(), strict=True):
            lines.append(f"{SYMBOLS[z]} {x:.5f} {y:.5f} {h:.5f}")
    return write_text(path, "\n".join([*lines, ""]))


def write_sdf(path: str | os.PathLike[str], molecules: Sequence[Data]) -> Path:
    """Write molecules to one SDF file (V2000), atomically, with the bonds that distances tell.

    Args:
        path: Of the file.
        molecules: With ``z`` [num_nodes] and ``pos`` [num_nodes, 3], Å; at most 999 atoms each.

    Raises:
        ValueError: a molecule has more atoms or bonds than the format holds.
    """
    return write_text(path, "".join(sdf_block(i, molecule) for i, molecule in enumerate(molecules)))


def sdf_block(index: int, molecule: Data) -> str:
    """Return the SDF record of one molecule."""
    z, pos = molecule.z.numpy(), np.nan_to_num(molecule.pos.double().numpy())
    orders = np.triu(bond_orders(z, pos))
    bonds = [(int(i), int(j), int(orders[i, j])) for i, j in zip(*np.nonzero(orders), strict=True)]
    if max(len(z), len(bonds)) > 999:  # noqa: PLR2004 - three digits in the V2000 format
        raise ValueError(
            f"`molecules` has one of {len(z)} atoms and {len(bonds)} bonds at {index}; SDF V2000 "
            "holds 999, write extxyz instead"
        )
    lines = [
        f"generated {index}",
        "  pyg_energyloss        3D",
        "",
        f"{len(z):3d}{len(bonds):3d}  0  0  0  0  0  0  0  0999 V2000",
        *(
            f"{x:10.4f}{y:10.4f}{h:10.4f} {SYMBOLS[int(n)]:<3s} 0  0  0  0  0  0  0  0  0  0  0  0"
            for n, (x, y, h) in zip(z, np.clip(pos, -9999, 9999), strict=True)
        ),
        *(f"{i + 1:3d}{j + 1:3d}{order:3d}  0" for i, j, order in bonds),
        "M  END",
        "$$$$",
        "",
    ]
    return "\n".join(lines)
