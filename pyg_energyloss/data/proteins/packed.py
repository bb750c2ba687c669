"""Structures with residues in one npz file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from pyg_energyloss.data.structure import Structure
from pyg_energyloss.files import npz_bytes

#: Ångström per unit of the stored integer coordinates: PDB files have three decimals.
RESOLUTION = 1e-3


def pack(structures: Sequence[Structure]) -> bytes:
    """The content of a compressed npz, for `unpack`: elements, positions, chains, residues.

    Args:
        structures: As PDB and mmCIF files give them.
    """
    pos = np.concatenate([s.pos for s in structures])
    kinds: dict[str, Any] = {
        "chain": np.uint8,
        "residue": np.int16,
        "residue_name": "U3",
        "atom_name": "U4",
    }
    return npz_bytes(
        {
            "z": np.concatenate([s.z for s in structures]).astype(np.uint8),
            "pos": np.round(pos / RESOLUTION).astype(np.int32),
            "ptr": np.cumsum([0, *(len(s.z) for s in structures)]).astype(np.int32),
            "name": np.array([s.name for s in structures]),
            **{
                key: np.concatenate([getattr(s, key) for s in structures]).astype(kind)
                for key, kind in kinds.items()
            },
        }
    )


def unpack(path: str | os.PathLike[str]) -> list[Structure]:
    """Read what `pack` made; nothing is unpickled.

    Raises:
        FileNotFoundError: there is no such file.
    """
    with np.load(Path(path), allow_pickle=False) as stored:
        arrays = dict(stored)
    return [
        Structure(
            z=arrays["z"][start:stop].astype(np.int64),
            pos=arrays["pos"][start:stop] * RESOLUTION,
            name=str(name),
            chain=arrays["chain"][start:stop].astype(np.int64),
            residue=arrays["residue"][start:stop].astype(np.int64),
            residue_name=arrays["residue_name"][start:stop],
            atom_name=arrays["atom_name"][start:stop],
        )
        for (start, stop), name in zip(pairwise(arrays["ptr"]), arrays["name"], strict=True)
    ]
