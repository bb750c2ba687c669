"""The pair energy around a reference structure as an ASE calculator: an elastic network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np
import torch
from ase import Atoms
from ase.calculators.calculator import Calculator, all_changes
from ase.neighborlist import neighbor_list
from ase.stress import full_3x3_to_voigt_6_stress
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from pyg_energyloss import registry
from pyg_energyloss.functional import pair_energy

Stiffness = Callable[[Tensor], Tensor]


class ElasticNetwork(Calculator):
    """Springs between the atoms whose rest lengths are the distances in a reference structure.

    ``E = sum over ordered pairs of 1/2 k_ij (|r_i-r_j| - |y_i-y_j|)^2``, so that energy and forces
    are value and negative gradient of `pyg_energyloss.functional.pair_energy` at the same positions
    (each spring counts twice, as in the paper). Works with ASE's optimisers, molecular dynamics,
    `Vibrations` and, for periodic structures, cell filters.

    Args:
        reference: the structure at rest, Å; not changed.
        stiffness: name of a registered law, or any callable distance [E] -> k [E], eV/Å².
        cutoff: springs only between atoms closer than this in the reference, Å, with all periodic
            images; None joins all atoms and is for molecules only.
        edges: pairs of atoms [2, num_edges] to join instead; a pair given in both directions, as
            PyG stores it, is one spring; molecules only.

    Raises:
        ValueError: both ``cutoff`` and ``edges``, neither for a periodic structure, an atom number
            out of range; on calculation, other elements than in the reference.

    >>> atoms = Atoms("H2", [[0, 0, 0], [0, 0, 1.0]])
    >>> moved = Atoms("H2", [[0, 0, 0], [0, 0, 1.5]], calculator=ElasticNetwork(atoms))
    >>> moved.get_potential_energy(), float(moved.get_forces()[0, 2])
    (0.25, 1.0)

    Source: arXiv 2511.02087, eq 7; as a model of vibrations: Tirion, PRL 77, 1905 (1996).
    """

    implemented_properties = ["energy", "free_energy", "forces", "stress"]  # noqa: RUF012 - ASE's type

    def __init__(
        self,
        reference: Atoms,
        *,
        stiffness: str | Stiffness = "constant",
        cutoff: float | None = None,
        edges: ArrayLike | None = None,
    ) -> None:
        super().__init__()
        self.reference = Atoms(
            reference.numbers, reference.positions, cell=reference.cell, pbc=reference.pbc
        )
        if isinstance(stiffness, str):
            law: Stiffness = registry.create("stiffness", stiffness)
        else:
            law = stiffness
        self.stiffness = law
        first, second, shifts = _springs(self.reference, cutoff, edges)
        self._first, self._second = first, second
        self._shifts = shifts
        self._rest = self._vectors(self.reference.positions, shifts, self.reference.cell.array)

    def calculate(
        self,
        atoms: Atoms | None = None,
        properties: Sequence[str] = ("energy",),
        system_changes: Sequence[str] = tuple(all_changes),
    ) -> None:
        """Fill ``results``; ASE calls this."""
        super().calculate(atoms, list(properties), list(system_changes))
        system = cast("Atoms", self.atoms)
        if not np.array_equal(system.numbers, self.reference.numbers):
            raise ValueError(
                "`atoms` must have the elements of the reference in the same order: expected "
                f"{self.reference.symbols}, got {system.symbols}"
            )
        shifts = torch.from_numpy(self._nearest_shifts(system))
        pos = torch.tensor(system.positions, requires_grad=True)
        strain = torch.zeros(3, 3, dtype=pos.dtype, requires_grad=True)
        deform = torch.eye(3, dtype=pos.dtype) + 0.5 * (strain + strain.T)
        cell = torch.from_numpy(system.cell.array.copy())
        vectors = (pos[self._second] - pos[self._first] + shifts @ cell) @ deform
        energy = self._energy(vectors)
        forces, virial = torch.autograd.grad(-energy, (pos, strain), allow_unused=True)
        self.results = {
            "energy": float(energy.detach()),
            "free_energy": float(energy.detach()),
            "forces": np.zeros((len(system), 3)) if forces is None else forces.numpy(),
        }
        if system.pbc.all():
            stress = np.zeros((3, 3)) if virial is None else -virial.numpy() / system.get_volume()
            self.results["stress"] = full_3x3_to_voigt_6_stress(stress)

    def _energy(self, vectors: Tensor) -> Tensor:
        """Pair energy of the springs, each laid out as a graph of its own two ends."""
        count = len(vectors)
        origin = torch.zeros_like(vectors)
        ends = torch.arange(count)
        return (
            2.0
            * pair_energy(
                torch.cat([origin, vectors]),
                torch.cat([origin, torch.from_numpy(self._rest)]),
                torch.stack([ends, ends + count]),
                stiffness=self.stiffness,
            ).sum()
        )

    def _vectors(
        self, positions: NDArray[Any], shifts: NDArray[Any], cell: NDArray[Any]
    ) -> NDArray[np.float64]:
        found: NDArray[np.float64] = (
            positions[self._second] - positions[self._first] + shifts @ cell
        )
        return found

    def _nearest_shifts(self, system: Atoms) -> NDArray[np.float64]:
        """Cell shifts that keep each spring near its rest vector, however atoms were wrapped."""
        if not system.pbc.any():
            return self._shifts
        cell = system.cell.complete().array
        off = np.linalg.solve(cell.T, self._vectors(system.positions, self._shifts, cell).T).T
        rest = np.linalg.solve(self.reference.cell.complete().array.T, self._rest.T).T
        found: NDArray[np.float64] = self._shifts - np.round(off - rest) * system.pbc
        return found


def _springs(
    reference: Atoms, cutoff: float | None, edges: ArrayLike | None
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    if cutoff is not None and edges is not None:
        raise ValueError("give `cutoff` or `edges`, not both")
    if cutoff is not None:
        first, second, shifts = neighbor_list("ijS", reference, float(cutoff))
        # Each spring once: by atom numbers, and by the sign of the shift for an atom's own images.
        forward = np.array([tuple(s) > (0, 0, 0) for s in shifts], dtype=bool)
        keep = (first < second) | ((first == second) & forward)
        return first[keep], second[keep], shifts[keep].astype(np.float64)
    if reference.pbc.any():
        raise ValueError("a periodic `reference` has infinitely many pairs; give a `cutoff` in Å")
    size = len(reference)
    if edges is None:
        first, second = np.triu_indices(size, k=1)
    else:
        first, second = np.unique(np.sort(np.asarray(edges, np.int64).reshape(2, -1), 0), axis=1)
        if len(first) and (
            min(first.min(), second.min()) < 0 or max(first.max(), second.max()) >= size
        ):
            raise ValueError(
                f"`edges` must hold atom numbers from 0 to {size - 1}, got "
                f"{min(first.min(), second.min())} to {max(first.max(), second.max())}"
            )
    return first.astype(np.int64), second.astype(np.int64), np.zeros((len(first), 3))
