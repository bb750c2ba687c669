"""Fit pair springs to MMFF94 Hessians of small organic molecules.

    python benchmarks/stiffness_fit.py          (seconds; needs the extra `chem`)

Writes the mean strengths by topological distance, which `stiffness="auto"` takes relative to a
bond, and how near each law of the paper comes to the physical Hessians (cosine of the matrices).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from pyg_energyloss.report import write_json
from pyg_energyloss.stiffness.hessian_fit import fit_springs, mmff_minimum, springs_hessian
from pyg_energyloss.training.compare import environment

RESULT = Path(__file__).parent / "results" / "stiffness_fit.json"
MOLECULES = (
    *("CCO", "CC(=O)N", "C[C@H](N)C(=O)O", "c1ccccc1", "CCN", "CC(C)=O", "COC", "C1CCCCC1"),
    *("CC(=O)O", "c1ccncc1", "CCCC", "OCC(O)CO", "CC#N", "NC(=O)N", "c1ccoc1", "FC(F)CF"),
    *("CC(C)C", "C1CCNCC1", "O=Cc1ccccc1", "CSC"),
)
LAWS = {
    "constant": np.ones_like,
    "inverse": lambda d: 1 / d,
    "inverse_square": lambda d: 1 / d**2,
    "exponential": lambda d: np.exp(-d),
}


def main() -> None:
    from rdkit import Chem

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=RESULT)
    options = parser.parse_args()
    strengths, residuals = [], []
    cosines: dict[str, list[float]] = {name: [] for name in (*LAWS, "fitted")}
    for smiles in MOLECULES:
        molecule, pos, hessian = mmff_minimum(smiles)
        hops = Chem.GetDistanceMatrix(molecule)
        length = np.linalg.norm(pos[:, None] - pos[None], axis=-1) + np.eye(len(pos))
        classes = [(hops == h).astype(float) for h in (1, 2, 3)]
        basis = np.stack([*classes, (hops > 3) / length**2])
        coefficients, residual = fit_springs(pos, hessian, basis)
        strengths.append(coefficients)
        residuals.append(residual)
        stiffness = {name: law(length) for name, law in LAWS.items()}
        stiffness["fitted"] = np.einsum("b,bij->ij", coefficients, basis)
        for name, k in stiffness.items():
            springs = springs_hessian(pos, k)
            norms = np.linalg.norm(springs) * np.linalg.norm(hessian)
            cosines[name].append(float((springs * hessian).sum() / norms))
    table = np.array(strengths)
    far = [hop.sum() > 0 for hop in table[:, 3:]]
    result = {
        "environment": environment(),
        "seed": 0,
        "molecules": MOLECULES,
        "unit": "eV/Å², the last eV",
        "mean": dict(zip(("bond", "angle", "torsion", "far"), table.mean(axis=0), strict=True)),
        "std": dict(zip(("bond", "angle", "torsion", "far"), table.std(axis=0), strict=True)),
        "molecules_with_far_springs": int(np.sum(far)),
        "residual": float(np.mean(residuals)),
        "cosine": {name: float(np.mean(values)) for name, values in cosines.items()},
    }
    write_json(options.out, result)
    print({k: result[k] for k in ("mean", "std", "residual", "cosine")})


if __name__ == "__main__":
    main()
