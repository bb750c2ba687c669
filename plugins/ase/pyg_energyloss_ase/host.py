"""How ASE is reached."""

from __future__ import annotations

from pyg_energyloss.hosts import Host


def ase() -> Host:
    """Describe ASE."""
    return Host(
        name="ase",
        distributions=("ase",),
        mechanism="entry point ase.plugins; `ase info --plugins` lists the calculator",
        switch="atoms.calc = pyg_energyloss_ase.ElasticNetwork(reference)",
        adapter="pyg_energyloss_ase:ElasticNetwork",
        plugin="pyg-energyloss-ase",
        checked="optimisers, molecular dynamics, vibrations and cell filters in the test suite",
        limits="ase.calculators.calculator.get_calculator_class does not look at plugins",
    )
