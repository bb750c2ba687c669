"""What this distribution registers in pyg_energyloss; nothing is imported before it is used."""

from __future__ import annotations

from pyg_energyloss.registry.hookspecs import Register, hookimpl


@hookimpl
def energyloss_register_evaluators(register: Register) -> None:
    """Register the evaluators that an ASE calculator backs."""
    package = "pyg_energyloss_ase.evaluators"
    register(
        "ase",
        f"{package}:SinglePoint",
        summary="energy and force with any ASE calculator",
        role="structure",
    )
    register(
        "gfn2",
        f"{package}:gfn2",
        summary="GFN2-xTB energy above the true structure, force",
        role="structure",
    )
    register(
        "emt",
        f"{package}:emt",
        summary="effective-medium theory: Al Cu Ag Au Ni Pd Pt",
        role="structure",
    )
    register(
        "relax",
        f"{package}:Relaxation",
        summary="RMSD and energy to the relaxed structure",
        role="structure",
    )
    register(
        "strain",
        f"{package}.strain:Strain",
        summary="generated: energy given off, RMSD",
        role="set",
    )
    register(
        "vibrations",
        f"{package}:Vibrational",
        summary="imaginary modes of the structure",
        role="structure",
    )


@hookimpl
def energyloss_register_hosts(register: Register) -> None:
    """Register ASE."""
    register("ase", "pyg_energyloss_ase.host:ase", summary="a calculator, evaluators, converters")
