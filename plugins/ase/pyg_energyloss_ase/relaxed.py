"""Test structures of a table relaxed with a calculator of ASE, GFN2-xTB unless told otherwise.

``python -m pyg_energyloss_ase.relaxed TABLE OUT`` writes the table anew: relaxed structures for the
molecules of the test split, all else as it was. So the splits are the same, and a network that
learned from force-field structures is judged on better ones. What is done is kept beside OUT: a run
that was stopped goes on where it was.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import multiprocessing
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from ase import Atoms
from numpy.typing import NDArray
from tqdm import tqdm

from pyg_energyloss.data.parts import Report, make_parts, parts_folder
from pyg_energyloss.data.records import Molecule, MoleculeTable
from pyg_energyloss.data.splits import split_groups
from pyg_energyloss.files import npz_bytes, write_bytes, write_json
from pyg_energyloss_ase.calculators import calculator_factory
from pyg_energyloss_ase.evaluators.relaxation import relax

#: Molecules whose structures are written to disk together.
CHUNK = 25
#: A bond that changes by more than this, in Å, has become something else.
SAME_BOND = 0.25


def relaxed_structure(
    molecule: Molecule, *, calculator: str = "gfn2", max_force: float = 0.05, max_steps: int = 500
) -> NDArray[np.float64] | str:
    """Return the relaxed positions of a molecule, or why there are none.

    Args:
        molecule: where to start.
        calculator: see `calculator_factory`.
        max_force: converged when no force is larger, eV/Å.
        max_steps: given up after so many.

    Returns:
        Positions in Å, [num_atoms, 3]; or the reason: the calculator failed, the relaxation did not
        converge, or a bond changed by more than `SAME_BOND`.
    """
    atoms = Atoms(molecule.z, molecule.pos)
    if molecule.charge:
        atoms.set_initial_charges(np.full(len(atoms), molecule.charge / len(atoms)))
    end = relax(atoms, calculator_factory(calculator), max_force=max_force, max_steps=max_steps)
    if end is None:
        return "the calculator failed"
    if not end.converged:
        return f"not converged in {max_steps} steps"
    positions: NDArray[np.float64] = end.atoms.positions
    change = _lengths(positions, molecule.bonds) - _lengths(molecule.pos, molecule.bonds)
    if np.abs(change).max(initial=0.0) > SAME_BOND:
        return f"a bond changed by more than {SAME_BOND} Å"
    return positions


def relax_table(
    path: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    rows: Sequence[int] | None = None,
    calculator: str = "gfn2",
    max_force: float = 0.05,
    max_steps: int = 500,
    workers: int | None = None,
    report: Report | None = None,
) -> MoleculeTable:
    """Relax some molecules of a table and write it to ``out`` (npz) with the new structures.

    A molecule that cannot be relaxed stays as it was. Beside ``out`` come a folder of parts, so
    that a second call goes on where the first was stopped, and ``out`` with the ending ``.json``:
    which rows were relaxed, why others were not, and the digests of both tables.

    Args:
        path: a table, as ``python -m pyg_energyloss.data.conformers`` makes it.
        out: where the new one goes.
        rows: the molecules; those of the test split of seed 0 if None.
        calculator: see `calculator_factory`.
        max_force: converged when no force is larger, eV/Å.
        max_steps: given up after so many.
        workers: processes; None for one per core.
        report: called with (parts done, parts) after each part.

    Raises:
        FileNotFoundError: there is no such table.
        ImportError: the calculator is not installed.
        ValueError: the file is no such table, a row is not in it, or the calculator is unknown.
    """
    table, target = MoleculeTable.load(path), Path(out)
    chosen = [int(row) for row in (split_groups(table.group)["test"] if rows is None else rows)]
    outside = [row for row in chosen if not 0 <= row < len(table)]
    if outside:
        raise ValueError(
            f"`rows` must be between 0 and {len(table) - 1}, the molecules of {path}; "
            f"got {outside[:3]}"
        )
    calculator_factory(calculator)
    _, digest = table.to_bytes()
    options = {"calculator": calculator, "max_force": max_force, "max_steps": max_steps}
    pos, why = table.pos.copy(), {}
    with parts_folder(target, [digest, chosen, options]) as parts:
        jobs: dict[Path, tuple[Any, ...]] = {}
        for start in range(0, len(chosen), CHUNK):
            some = {row: table.molecule(row) for row in chosen[start : start + CHUNK]}
            jobs[parts / f"{start}.json"] = (some, options, str(parts / f"{start}"))
        # Not forked: libraries that count threads are loaded anew, each with one.
        context = multiprocessing.get_context("spawn")
        make_parts(_part, jobs, workers=workers, report=report, context=context)
        for file in jobs:
            why.update(json.loads(file.read_text(encoding="utf-8")))
            with np.load(file.with_suffix(".npz"), allow_pickle=False) as stored:
                for row, positions in stored.items():
                    pos[slice(*table.atom_ptr[int(row) : int(row) + 2])] = positions
        relaxed = replace(table, pos=pos)
        content, new_digest = relaxed.to_bytes()
        write_bytes(target, content)
        about = {
            "relaxed": [row for row in chosen if str(row) not in why],
            "failed": dict(Counter(why.values())),
            "digest": new_digest,
            "digest_before": digest,
            **options,
            "versions": dict(_versions()),
        }
        write_json(target.with_suffix(".json"), about)
    return relaxed


def _part(molecules: dict[int, Molecule], options: dict[str, Any], stem: str) -> None:
    """Make one part; the list of failures is written last and says that the part is whole."""
    made = {str(row): relaxed_structure(molecule, **options) for row, molecule in molecules.items()}
    write_bytes(f"{stem}.npz", npz_bytes({k: v for k, v in made.items() if not isinstance(v, str)}))
    write_json(f"{stem}.json", {k: v for k, v in made.items() if isinstance(v, str)})


def _lengths(positions: NDArray[np.float64], bonds: NDArray[np.int64]) -> NDArray[np.float64]:
    ends = positions[bonds.reshape(-1, 2)]
    return np.asarray(np.linalg.norm(ends[:, 0] - ends[:, 1], axis=1))


def _versions() -> Iterator[tuple[str, str]]:
    for package in ("ase", "tblite", "numpy"):
        try:
            yield package, importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue


def main() -> None:
    """Relax the test molecules of a table."""
    parser = argparse.ArgumentParser(
        prog="python -m pyg_energyloss_ase.relaxed", description=__doc__
    )
    parser.add_argument("table", type=Path, help="npz of molecules, e.g. druglike_20k.npz")
    parser.add_argument("out", type=Path, help="npz to write, e.g. druglike_20k_gfn2.npz")
    parser.add_argument("--count", type=int, help="the first so many test molecules (all)")
    parser.add_argument("--calculator", default="gfn2", help="gfn2, gfn1 or a name of ASE (gfn2)")
    parser.add_argument("--max-force", type=float, default=0.05, help="eV/Å (0.05)")
    parser.add_argument("--max-steps", type=int, default=500, help="given up after (500)")
    parser.add_argument("--workers", type=int, help="processes; one per core if not given")
    options = parser.parse_args()
    # Molecules are small: many processes of one thread are faster than one of many.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    rows = split_groups(MoleculeTable.load(options.table).group)["test"][: options.count].tolist()
    with tqdm(total=len(range(0, len(rows), CHUNK)), unit="part") as bar:
        relax_table(
            options.table,
            options.out,
            rows=rows,
            calculator=options.calculator,
            max_force=options.max_force,
            max_steps=options.max_steps,
            workers=options.workers,
            report=lambda done, _parts: bar.update(done - bar.n),
        )
    about = json.loads(options.out.with_suffix(".json").read_text(encoding="utf-8"))
    failed = "".join(f"; {why}: {count}" for why, count in about["failed"].items())
    print(f"{options.out}: {len(about['relaxed'])} of {len(rows)} relaxed{failed}")  # noqa: T201


if __name__ == "__main__":
    main()
