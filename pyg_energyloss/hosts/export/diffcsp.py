"""DiffCSP: tables of CIF text, one csv file a split, as CDVAE published them."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import torch
from torch_geometric.data import Data

from pyg_energyloss.data.elements import SYMBOLS
from pyg_energyloss.files import write_bytes

#: Columns that DiffCSP's configurations name as a property; it is read, and trains nothing.
PROPERTIES = ("heat_ref", "energy_per_atom", "formation_energy_per_atom")


def write(splits: dict[str, list[Data]], folder: Path) -> list[Path]:
    """Write ``{train,val,test}.csv``; the properties, which are not known here, are zero.

    Raises:
        ValueError: the data set has no cells.
    """
    written = []
    for name, crystals in splits.items():
        stream = io.StringIO()
        rows = csv.writer(stream)
        rows.writerow(["material_id", *PROPERTIES, "cif"])
        for number, crystal in enumerate(crystals):
            rows.writerow([number, *(0.0 for _ in PROPERTIES), cif(crystal)])
        path = folder / f"{name}.csv"
        write_bytes(path, stream.getvalue().encode())
        written.append(path)
    return written


def cif(crystal: Data) -> str:
    """Return a crystal as CIF text without symmetry.

    Raises:
        ValueError: it has no cell.

    >>> found = cif(
    ...     Data(z=torch.tensor([11]), pos=torch.tensor([[0, 1.5, 0]]), cell=3 * torch.eye(3))
    ... )
    >>> found.splitlines()[-1]
    'Na Na0 1 0.00000000 0.50000000 0.00000000 1'
    """
    if getattr(crystal, "cell", None) is None:
        raise ValueError(
            "`cell` is missing: DiffCSP reads crystals, such as those of perov_5_small"
        )
    cell = crystal.cell.reshape(3, 3).double()
    lengths = torch.linalg.vector_norm(cell, dim=1)
    unit = cell / lengths[:, None]
    angles = torch.rad2deg(torch.arccos((unit[[1, 2, 0]] * unit[[2, 0, 1]]).sum(dim=1)))
    lines = ["data_crystal", "_symmetry_space_group_name_H-M 'P 1'"]
    lines += [f"_cell_length_{n} {x:.8f}" for n, x in zip("abc", lengths.tolist(), strict=True)]
    names = ("alpha", "beta", "gamma")
    lines += [f"_cell_angle_{n} {x:.8f}" for n, x in zip(names, angles.tolist(), strict=True)]
    lines += ["loop_", "_symmetry_equiv_pos_site_id", "_symmetry_equiv_pos_as_xyz", "1 'x, y, z'"]
    lines += ["loop_", "_atom_site_type_symbol", "_atom_site_label"]
    lines += ["_atom_site_symmetry_multiplicity"]
    lines += [f"_atom_site_fract_{axis}" for axis in "xyz"] + ["_atom_site_occupancy"]
    fractions = (crystal.pos.double() @ torch.linalg.inv(cell)).tolist()
    for number, (z, x) in enumerate(zip(crystal.z.tolist(), fractions, strict=True)):
        symbol = SYMBOLS[z]
        lines.append(f"{symbol} {symbol}{number} 1 {x[0]:.8f} {x[1]:.8f} {x[2]:.8f} 1")
    return "\n".join(lines) + "\n"
