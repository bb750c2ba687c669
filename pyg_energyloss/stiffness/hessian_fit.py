"""Springs that reproduce a physical Hessian, and the law fitted to those of organic molecules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pyg_energyloss.stiffness.bond_aware import BondAware
from pyg_energyloss.stiffness.hop_springs import HOP_CLASSES, hop_law

#: Springs in eV/Å² (the last: eV) fitted to MMFF94 Hessians by benchmarks/stiffness_fit.py.
FITTED = {"bond": 33.4, "angle": 1.93, "torsion": 1.65, "far": 2.54}


EV_PER_KCAL = 0.0433641
_CORNERS = ((1, 1), (1, -1), (-1, 1), (-1, -1))


def fit_springs(
    pos: ArrayLike, hessian: ArrayLike, basis: NDArray[np.floating]
) -> tuple[NDArray[np.float64], float]:
    r"""Return the strengths of pair springs whose Hessian is nearest to a given one.

    .. math:: \min_{c \ge 0} \lVert H - \sum_b c_b \sum_{i<j} B_{bij}\, A(u_{ij}) \rVert_F

    where A(u) is the Hessian of one unstretched spring along u.

    Args:
        pos: positions at the minimum [n, 3], in Å.
        hessian: second derivatives [3n, 3n], energy per Å².
        basis: how strong each spring is per unit of each coefficient [num_basis, n, n], symmetric.

    Returns:
        Coefficients [num_basis], and the residual relative to the norm of the Hessian.

    >>> pos = np.array([[0.0, 0, 0], [1.0, 0, 0]])
    >>> spring = np.zeros((6, 6))
    >>> spring[0, 0] = spring[3, 3] = 2.0
    >>> spring[0, 3] = spring[3, 0] = -2.0
    >>> coefficients, residual = fit_springs(pos, spring, np.ones((1, 2, 2)))
    >>> float(coefficients[0]), round(residual, 6)
    (2.0, 0.0)

    Source: ours; the Taylor expansion of a pair potential in arXiv 2511.02087, section 4.2.
    """
    from scipy.optimize import nnls

    points, matrix = np.asarray(pos, dtype=np.float64), np.asarray(hessian, dtype=np.float64)
    columns = np.stack([springs_hessian(points, row).ravel() for row in basis], axis=1)
    coefficients, residual = nnls(columns, matrix.ravel())
    return coefficients, float(residual / np.linalg.norm(matrix))


def springs_hessian(
    pos: NDArray[np.float64], stiffness: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Return the Hessian [3n, 3n] of unstretched springs, one for each pair i < j."""
    difference = pos[:, None] - pos[None]
    length = np.linalg.norm(difference, axis=-1)
    np.fill_diagonal(length, 1.0)
    unit = difference / length[..., None]
    blocks = -stiffness[..., None, None] * unit[..., :, None] * unit[..., None, :]
    atoms = np.arange(len(pos))
    blocks[atoms, atoms] = 0.0
    blocks[atoms, atoms] = -blocks.sum(axis=1)
    hessian: NDArray[np.float64] = blocks.transpose(0, 2, 1, 3).reshape(pos.size, pos.size)
    return hessian


def mmff_minimum(smiles: str, *, seed: int = 0) -> tuple[Any, NDArray[np.float64], NDArray[Any]]:
    """Return an RDKit molecule, its MMFF94 minimum [n, 3] and Hessian [3n, 3n] in eV/Å².

    Raises:
        ImportError: RDKit is missing.
        ValueError: `smiles` is not a molecule that MMFF94 knows.
    """
    try:
        from rdkit import Chem
        from rdkit.Chem import rdDistGeom, rdForceFieldHelpers
    except ImportError as error:
        raise ImportError(
            "fitting stiffness to MMFF94 needs RDKit: pip install 'pyg-energyloss[chem]'"
        ) from error
    molecule = Chem.MolFromSmiles(smiles)
    if molecule is None:
        raise ValueError(f"`smiles` must be a molecule, got {smiles!r}")
    molecule = Chem.AddHs(molecule)
    rdDistGeom.EmbedMolecule(molecule, randomSeed=seed + 1)
    properties = rdForceFieldHelpers.MMFFGetMoleculeProperties(molecule)
    if properties is None or not molecule.GetNumConformers():
        raise ValueError(f"`smiles` must be a molecule that MMFF94 knows, got {smiles!r}")
    field = rdForceFieldHelpers.MMFFGetMoleculeForceField(molecule, properties)
    field.Minimize(maxIts=5000, forceTol=1e-8)
    start = np.array(field.Positions()).ravel()
    hessian = EV_PER_KCAL * _second_differences(lambda x: field.CalcEnergy(list(x)), start)
    return molecule, start.reshape(-1, 3), hessian


def _second_differences(
    energy: Callable[[NDArray[np.float64]], float], start: NDArray[np.float64], step: float = 1e-3
) -> NDArray[np.float64]:
    """Hessian from energies alone: RDKit's gradients are scaled for its own minimiser."""
    size = start.size
    hessian = np.zeros((size, size))
    moves = step * np.eye(size)
    for i in range(size):
        for j in range(i, size):
            corners = [energy(start + a * moves[i] + b * moves[j]) * a * b for a, b in _CORNERS]
            hessian[i, j] = hessian[j, i] = sum(corners) / (4 * step * step)
    return hessian


def physical() -> BondAware:
    r"""Return the law fitted to MMFF94 Hessians of organic molecules, relative to a bond of one.

    Bonds, 1-3 and 1-4 pairs have constants of their own, all others c / d². It needs the bonds of
    the molecules as ``data.edge_index``. `stiffness="auto"` is this law.

    >>> physical().bond
    1.0
    """
    return hop_law([FITTED[name] for name in HOP_CLASSES])
