"""Fit pair springs to MMFF94 and GFN2-xTB Hessians of small organic molecules.

    python benchmarks/stiffness_fit.py      (minutes; extras `chem`, `ase`, the ASE plugin)

Writes the mean strengths by topological distance, and how near each law of the paper comes to
the physical Hessians (cosine of the matrices). `stiffness="auto"` takes those of MMFF94 relative
to a bond. GFN2-xTB: the same molecules relaxed from the MMFF94 minimum, and embedded QM9 ones.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
from ase import Atoms
from pyg_energyloss_ase import calculator_factory, data_to_atoms, hessian
from pyg_energyloss_ase.evaluators import relax
from threadpoolctl import threadpool_limits

from pyg_energyloss.data import qm9_small
from pyg_energyloss.experiments.environment import environment
from pyg_energyloss.files import write_json
from pyg_energyloss.stiffness import fit_springs, hop_basis
from pyg_energyloss.stiffness.hessian_fit import mmff_minimum, springs_hessian
from pyg_energyloss.stiffness.hop_springs import HOP_CLASSES

RESULT = Path(__file__).parent / "results" / "stiffness_fit.json"
ALANINE = "C[C@H](N)C(=O)O"
MOLECULES = (
    *("CCO", "CC(=O)N", ALANINE, "c1ccccc1", "CCN", "CC(C)=O", "COC", "C1CCCCC1"),
    *("CC(=O)O", "c1ccncc1", "CCCC", "OCC(O)CO", "CC#N", "NC(=O)N", "c1ccoc1", "FC(F)CF"),
    *("CC(C)C", "C1CCNCC1", "O=Cc1ccccc1", "CSC"),
)
LAWS = {
    "constant": np.ones_like,
    "inverse": lambda d: 1 / d,
    "inverse_square": lambda d: 1 / d**2,
    "exponential": lambda d: np.exp(-d),
}


def measure(pos, bonds, second):
    """Springs fitted to one Hessian, and the cosine of each law to it."""
    length = np.linalg.norm(pos[:, None] - pos[None], axis=-1) + np.eye(len(pos))
    basis = hop_basis(pos, bonds)
    coefficients, residual = fit_springs(pos, second, basis)
    stiffness = {name: law(length) for name, law in LAWS.items()}
    stiffness["fitted"] = np.einsum("b,bij->ij", coefficients, basis)
    cosine = {}
    for name, k in stiffness.items():
        springs = springs_hessian(pos, k)
        norms = np.linalg.norm(springs) * np.linalg.norm(second)
        cosine[name] = float((springs * second).sum() / norms)
    strengths = dict(zip(HOP_CLASSES, map(float, coefficients), strict=True))
    free = free_springs(pos, second, basis)
    return {"strengths": strengths, "residual": residual, "cosine": cosine, "each_pair": free}


def free_springs(pos, second, basis):
    """Every pair has a spring of its own: the median by class, and what no spring explains."""
    rows, columns = np.triu_indices(len(pos), 1)
    single = np.zeros((len(rows), len(pos), len(pos)))
    pairs = np.arange(len(rows))
    single[pairs, rows, columns] = single[pairs, columns, rows] = 1.0
    each, residual = fit_springs(pos, second, single)
    members = basis[:, rows, columns] > 0
    medians = {
        name: float(np.median(each[member])) if member.any() else None
        for name, member in zip(HOP_CLASSES, members, strict=True)
    }
    return {"median": medians, "residual": residual}


def summary(rows):
    table = np.array([list(row["strengths"].values()) for row in rows])
    return {
        "molecules": len(rows),
        "mean": dict(zip(HOP_CLASSES, table.mean(axis=0), strict=True)),
        "std": dict(zip(HOP_CLASSES, table.std(axis=0), strict=True)),
        "molecules_with_far_springs": int((table[:, 3] > 0).sum()),
        "residual": float(np.mean([row["residual"] for row in rows])),
        "residual_each_pair": float(np.mean([row["each_pair"]["residual"] for row in rows])),
        "cosine": {
            name: float(np.mean([row["cosine"][name] for row in rows]))
            for name in (*LAWS, "fitted")
        },
    }


def gfn2(atoms, bonds):
    """Measure at the GFN2-xTB minimum; None if the relaxation does not end there."""
    factory = calculator_factory("gfn2")
    with threadpool_limits(limits=1):
        end = relax(atoms, factory, max_force=0.01, max_steps=500)
    if end is None or not end.converged:
        return None
    start = time.perf_counter()
    second = hessian(end.atoms, factory)
    seconds = time.perf_counter() - start
    return {**measure(end.atoms.positions, bonds, second), "seconds": seconds}


def xtb_summary(rows):
    done = [row for row in rows if row is not None]
    seconds = float(np.median([row["seconds"] for row in done]))
    return {
        **summary(done),
        "failed": len(rows) - len(done),
        "median_seconds_of_a_hessian": seconds,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=RESULT)
    parser.add_argument("--embedded", type=int, default=20, help="molecules of qm9_small")
    options = parser.parse_args()
    mmff, xtb = [], []
    for smiles in MOLECULES:
        molecule, pos, second = mmff_minimum(smiles)
        bonds = np.array([(b.GetBeginAtomIdx(), b.GetEndAtomIdx()) for b in molecule.GetBonds()]).T
        mmff.append(measure(pos, bonds, second))
        xtb.append(gfn2(Atoms([atom.GetAtomicNum() for atom in molecule.GetAtoms()], pos), bonds))
    dataset = qm9_small()["train"]
    embedded = []
    for index in np.random.default_rng(0).permutation(len(dataset))[: options.embedded]:
        data = dataset[int(index)]
        embedded.append(gfn2(data_to_atoms(data), data.edge_index))
    result = {
        "environment": environment(),
        "seed": 0,
        "molecules": MOLECULES,
        "unit": "eV/Å², the last eV",
        "mmff94": summary(mmff),
        "gfn2": xtb_summary(xtb),
        "gfn2_embedded": xtb_summary(embedded),
        "alanine": {
            "mmff94": mmff[MOLECULES.index(ALANINE)],
            "gfn2": xtb[MOLECULES.index(ALANINE)],
        },
    }
    write_json(options.out, result)
    for name in ("mmff94", "gfn2", "gfn2_embedded", "alanine"):
        print(name, result[name])


if __name__ == "__main__":
    main()
