"""Bond, angle and torsion terms against the forces of OpenMM that have the same form.

    pip install openmm
    python benchmarks/restraints_openmm.py

Drug-like molecules, their atoms displaced by 0.1 Å, harmonic bonds and angles and periodic torsions
about the true values; OpenMM's Reference platform computes in float64.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from pyg_energyloss import registry
from pyg_energyloss.experiments.environment import environment
from pyg_energyloss.files import write_json
from pyg_energyloss.potentials import Periodic
from pyg_energyloss.restraints import Restraints, from_data, restraint_energy

RESULT = Path(__file__).parent / "results" / "restraints_openmm.json"
#: Å in a nanometre.
NANO = 10.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--molecules", type=int, default=20)
    parser.add_argument("--out", type=Path, default=RESULT)
    options = parser.parse_args()
    import openmm

    test = registry.create("dataset", "druglike")["test"]
    random = torch.Generator().manual_seed(0)
    rows: dict[str, dict[str, float]] = {}
    for name, force_of in FORCES.items():
        worst, count = {"energy": 0.0, "force": 0.0}, 0
        for which in range(options.molecules):
            item = test[which * len(test) // options.molecules]
            terms = from_data(item, kinds=[name])
            shape = item.pos.shape
            pos = item.pos.double()
            pos = pos + 0.1 * torch.randn(shape, generator=random, dtype=torch.float64)
            mine, theirs = ours(pos, terms), of_openmm(openmm, pos, force_of(openmm, terms))
            # Relative to the largest: forces of single atoms may vanish.
            for key, one, other in zip(worst, mine, theirs, strict=True):
                error = (one - other).abs().max() / other.abs().max()
                worst[key] = max(worst[key], float(error))
            count += len(terms)
        rows[name] = {"terms": count} | {f"largest_{k}_error": v for k, v in worst.items()}
        print(name, rows[name])
    version = openmm.version.version
    about = {"openmm": version, "molecules": options.molecules, "seed": 0}
    write_json(options.out, {"environment": environment(), "settings": about, "rows": rows})


def ours(pos: Tensor, terms: Restraints) -> tuple[Tensor, Tensor]:
    """Energy, and the forces in the unit of energy per nanometre."""
    at = pos.clone().requires_grad_()
    energy = restraint_energy(at, terms, potential={"torsion": Periodic()})
    (gradient,) = torch.autograd.grad(energy.sum(), at)
    return energy.detach(), -NANO * gradient


def of_openmm(openmm: Any, pos: Tensor, force: Any) -> tuple[Tensor, Tensor]:
    """The same of a system that has one force."""
    system = openmm.System()
    for _ in range(len(pos)):
        system.addParticle(1.0)
    system.addForce(force)
    platform = openmm.Platform.getPlatformByName("Reference")
    context = openmm.Context(system, openmm.VerletIntegrator(0.001), platform)
    context.setPositions((pos / NANO).tolist())
    state = context.getState(getEnergy=True, getForces=True)
    joule, metre = openmm.unit.kilojoule_per_mole, openmm.unit.nanometer
    energy = state.getPotentialEnergy().value_in_unit(joule)
    forces = state.getForces(asNumpy=True).value_in_unit(joule / metre)
    return torch.tensor([energy], dtype=torch.float64), torch.tensor(forces, dtype=torch.float64)


def bonds(openmm: Any, terms: Restraints) -> Any:
    force = openmm.HarmonicBondForce()
    for (i, j), rest, weight in parameters(terms, 2):
        force.addBond(i, j, rest / NANO, weight * NANO**2)
    return force


def angles(openmm: Any, terms: Restraints) -> Any:
    force = openmm.HarmonicAngleForce()
    for atoms, rest, weight in parameters(terms, 3):
        force.addAngle(*atoms, rest, weight)
    return force


def torsions(openmm: Any, terms: Restraints) -> Any:
    force = openmm.PeriodicTorsionForce()
    for atoms, rest, weight in parameters(terms, 4):
        # k (1 + cos(θ - θ₀)) has its minimum half a turn from θ₀.
        force.addTorsion(*atoms, 1, rest + torch.pi, weight)
    return force


def parameters(terms: Restraints, atoms: int) -> list[tuple[list[int], float, float]]:
    columns = terms.index[:atoms].t().tolist()
    return list(zip(columns, terms.bounds[:, 0].tolist(), terms.weight.tolist(), strict=True))


FORCES: dict[str, Callable[[Any, Restraints], Any]] = {
    "bond": bonds,
    "angle": angles,
    "torsion": torsions,
}


if __name__ == "__main__":
    main()
