"""How strained generated molecules are: relaxed with an ASE calculator."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import Any

import numpy as np
import torch
from ase import Atoms
from ase.calculators.calculator import BaseCalculator
from torch_geometric.data import Data

from pyg_energyloss.metrics.generated.structure import structure
from pyg_energyloss_ase.calculators import calculator_factory
from pyg_energyloss_ase.evaluators.relaxation import relax
from pyg_energyloss_ase.evaluators.single_point import single_point
from pyg_energyloss_ase.rmsd import aligned_rmsd

NAN = float("nan")


class Strain:
    """Energy that generated molecules give off when they relax, and how far they move.

    Medians over the molecules whose relaxation converged; read them beside the share that did. A
    molecule with ``charge`` [1] is calculated with it, others as neutral.

    Args:
        calculator: see `calculator_factory`.
        options: keyword arguments of the calculator's constructor.
        max_molecules: only the first so many are relaxed, a second or so each.
        max_force: converged when no force is larger, eV/Å.
        max_steps: stop after so many steps.

    Returns of a call:
        ``strain_energy``: eV per atom.
        ``strain_rmsd``: Å, after alignment.
        ``strain_converged``: share of molecules; what is no structure at all, as one atom alone, or
            two atoms in one place, counts as not converged.

    Raises:
        ImportError: tblite is asked for and not installed.
        ValueError: ``max_molecules`` is below 1.
    """

    judges_sets = True
    keys = ("strain_energy", "strain_rmsd", "strain_converged")

    def __init__(
        self,
        *,
        calculator: str | Callable[..., BaseCalculator] = "gfn2",
        options: Mapping[str, Any] | None = None,
        max_molecules: int = 20,
        max_force: float = 0.1,
        max_steps: int = 200,
    ) -> None:
        if max_molecules < 1:
            raise ValueError(f"`max_molecules` must be at least 1, got {max_molecules}")
        self.factory = calculator_factory(calculator, options)
        self.max_molecules, self.max_force = max_molecules, max_force
        self.max_steps = max_steps

    def __call__(
        self, generated: Sequence[Data], *, reference: Sequence[Data] = ()
    ) -> dict[str, float]:
        """Judge molecules with ``z`` [num_nodes] and ``pos`` [num_nodes, 3] in Å."""
        del reference
        judged = generated[: self.max_molecules]
        found = [pair for molecule in judged if (pair := self._relaxed(molecule)) is not None]
        return {
            "strain_energy": median(energy for energy, _ in found) if found else NAN,
            "strain_rmsd": median(moved for _, moved in found) if found else NAN,
            "strain_converged": len(found) / len(judged) if judged else NAN,
        }

    def _relaxed(self, molecule: Data) -> tuple[float, float] | None:
        found = structure(molecule)
        if found is None:
            return None
        atoms = Atoms(numbers=found.z, positions=found.pos)
        charge = molecule.get("charge")
        if charge is not None:
            # tblite, as other calculators of ASE, takes their sum for the total charge.
            atoms.set_initial_charges(np.full(len(atoms), float(charge) / len(atoms)))
        energy, _ = single_point(atoms, self.factory)
        end = relax(atoms, self.factory, max_force=self.max_force, max_steps=self.max_steps)
        if end is None or not end.converged or np.isnan(energy):
            return None
        before, after = (torch.from_numpy(a.positions) for a in (atoms, end.atoms))
        return (energy - end.energy) / len(atoms), aligned_rmsd(before, after)
