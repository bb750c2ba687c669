"""3D structures from SMILES: ETKDG embedding, relaxed by MMFF94, one conformer a molecule.

``python -m pyg_energyloss.data.conformers SMILES OUT`` makes a table that the data set ``table``
loads. Molecules of one Bemis-Murcko scaffold form a group, so that the split is a scaffold split.
What is done is kept beside OUT: a run that was stopped goes on where it was.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from pyg_energyloss.data.parts import Report, make_parts, parts_folder
from pyg_energyloss.data.records import AROMATIC, Molecule, MoleculeTable
from pyg_energyloss.files import write_bytes, write_json

#: Molecules whose structures are written to disk together.
CHUNK = 250
MMFF_STEPS = 5000


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a SMILES gave no structure."""

    smiles: str
    reason: str


def conformer(smiles: str, *, seed: int = 0) -> Molecule | Failure:
    """Return one relaxed 3D structure of a molecule, hydrogens included, or why there is none.

    The name of the molecule is its canonical SMILES, its group the scaffold (or the SMILES itself
    where there is no ring). Positions are in Å.

    Args:
        smiles: the molecule.
        seed: seed of the embedding.

    Raises:
        ImportError: RDKit is missing.

    Source: Riniker and Landrum, J. Chem. Inf. Model. 55, 2562 (2015); Halgren, J. Comput. Chem. 17,
    490 (1996); Bemis and Murcko, J. Med. Chem. 39, 2887 (1996).
    """
    try:
        from rdkit import Chem, rdBase
        from rdkit.Chem import rdDistGeom, rdForceFieldHelpers
    except ImportError as error:
        raise ImportError(
            "structures from SMILES need RDKit: pip install 'pyg-energyloss[chem]'"
        ) from error
    with rdBase.BlockLogs():
        plain = Chem.MolFromSmiles(smiles)
    if plain is None:
        return Failure(smiles, "not a valid SMILES")
    full = Chem.AddHs(plain)
    parameters: Any = rdDistGeom.ETKDGv3()
    parameters.randomSeed = seed
    if rdDistGeom.EmbedMolecule(full, parameters) != 0:
        return Failure(smiles, "ETKDG found no structure")
    if not rdForceFieldHelpers.MMFFHasAllMoleculeParams(full):
        return Failure(smiles, "MMFF94 lacks parameters")
    if rdForceFieldHelpers.MMFFOptimizeMolecule(full, maxIters=MMFF_STEPS) != 0:
        return Failure(smiles, f"MMFF94 did not converge in {MMFF_STEPS} steps")
    kinds = [
        AROMATIC if bond.GetIsAromatic() else int(bond.GetBondTypeAsDouble())
        for bond in full.GetBonds()
    ]
    ends = [(bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()) for bond in full.GetBonds()]
    name = Chem.MolToSmiles(plain)
    return Molecule(
        z=np.array([atom.GetAtomicNum() for atom in full.GetAtoms()], dtype=np.int64),
        pos=np.asarray(full.GetConformer().GetPositions(), dtype=np.float64),
        bonds=np.array(ends, dtype=np.int64).reshape(-1, 2),
        bond_type=np.array(kinds, dtype=np.int64),
        name=name,
        group=scaffold(name),
        charge=Chem.GetFormalCharge(plain),
    )


def scaffold(smiles: str) -> str:
    """Return the Bemis-Murcko scaffold of a molecule, or its SMILES where there is no ring.

    >>> scaffold("CCc1ccccc1"), scaffold("CCO")
    ('c1ccccc1', 'CCO')
    """
    from rdkit.Chem.Scaffolds import MurckoScaffold

    return str(MurckoScaffold.MurckoScaffoldSmiles(smiles=smiles)) or smiles


def build_conformers(
    smiles: Sequence[str],
    out: str | os.PathLike[str],
    *,
    seed: int = 0,
    workers: int | None = None,
    report: Report | None = None,
) -> MoleculeTable:
    """Make the structures of many molecules and write them to ``out`` (npz) as one table.

    Beside ``out`` come a folder of parts, so that a second call goes on where the first was
    stopped, and ``out`` with the ending ``.json``: counts, failures and the digest of the table.

    Args:
        smiles: the molecules; those of one canonical SMILES are made once.
        out: where the table goes.
        seed: seed of the embeddings; molecule i is embedded with seed + i.
        workers: processes; None for one per core.
        report: called with (parts done, parts) after each part.

    Raises:
        ValueError: `smiles` is empty, or no molecule gave a structure.
        ImportError: RDKit is missing.
    """
    if not smiles:
        raise ValueError("`smiles` is empty; at least one molecule is needed")
    target = Path(out)
    starts = range(0, len(smiles), CHUNK)
    with parts_folder(target, [list(smiles), seed, MMFF_STEPS]) as parts:
        jobs = {
            parts / f"{i}.json": (list(smiles[i : i + CHUNK]), seed + i, str(parts / f"{i}"))
            for i in starts
        }
        make_parts(_part, jobs, workers=workers, report=report)
        found: dict[str, Molecule] = {}
        failures: list[dict[str, str]] = []
        for i in starts:
            failures += json.loads((parts / f"{i}.json").read_text(encoding="utf-8"))
            if (parts / f"{i}.npz").exists():
                for molecule in _molecules(MoleculeTable.load(parts / f"{i}.npz")):
                    found.setdefault(molecule.name, molecule)
        if not found:
            raise ValueError(
                f"none of the {len(smiles)} molecules gave a structure: {failures[:3]}"
            )
        table = MoleculeTable.from_molecules(list(found.values()))
        content, digest = table.to_bytes()
        write_bytes(target, content)
        write_json(
            target.with_suffix(".json"),
            {
                "molecules": len(table),
                "atoms": len(table.z),
                "digest": digest,
                "seed": seed,
                "asked": len(smiles),
                "repeated": len(smiles) - len(failures) - len(table),
                "failed": dict(Counter(failure["reason"] for failure in failures)),
                "versions": {"rdkit": _rdkit_version(), "numpy": np.__version__},
            },
        )
    return table


def read_smiles(path: str | os.PathLike[str]) -> list[str]:
    """Return the first column of a text file of SMILES (also .gz); blank lines are left out.

    Raises:
        FileNotFoundError: there is no such file.
    """
    file = Path(path)
    content = file.read_bytes()
    text = (gzip.decompress(content) if file.suffix == ".gz" else content).decode()
    return [line.split()[0] for line in text.splitlines() if line.strip()]


def _part(smiles: list[str], seed: int, stem: str) -> None:
    """Make one part; the list of failures is written last and says that the part is whole."""
    made = [conformer(text, seed=seed + i) for i, text in enumerate(smiles)]
    molecules = [item for item in made if isinstance(item, Molecule)]
    if molecules:
        write_bytes(f"{stem}.npz", MoleculeTable.from_molecules(molecules).to_bytes()[0])
    failed = [item for item in made if isinstance(item, Failure)]
    write_json(f"{stem}.json", [{"smiles": f.smiles, "reason": f.reason} for f in failed])


def _molecules(table: MoleculeTable) -> Iterable[Molecule]:
    for i in range(len(table)):
        molecule = table.molecule(i)
        yield replace(molecule, group=scaffold(molecule.name))


def _rdkit_version() -> str:
    import rdkit

    return str(rdkit.__version__)


def main() -> None:
    """Make structures from a file of SMILES."""
    parser = argparse.ArgumentParser(
        prog="python -m pyg_energyloss.data.conformers", description=__doc__
    )
    parser.add_argument("smiles", type=Path, help="text file, one SMILES a line (also .gz)")
    parser.add_argument("out", type=Path, help="npz to write, e.g. druglike_20k.npz")
    parser.add_argument("--count", type=int, default=20_000, help="take the first so many")
    parser.add_argument("--seed", type=int, default=0, help="seed of the embeddings")
    parser.add_argument("--workers", type=int, help="processes; one per core if not given")
    options = parser.parse_args()
    smiles = read_smiles(options.smiles)[: options.count]
    with tqdm(total=len(range(0, len(smiles), CHUNK)), unit="part") as bar:
        table = build_conformers(
            smiles,
            options.out,
            seed=options.seed,
            workers=options.workers,
            report=lambda done, _parts: bar.update(done - bar.n),
        )
    print(f"{options.out}: {len(table)} molecules, {len(table.z)} atoms")  # noqa: T201


if __name__ == "__main__":
    main()
