"""Judging sets of generated molecules: ``evaluator(generated, reference=real) -> values``."""

from pyg_energyloss.evaluate.generated.bond_tables import bond_orders
from pyg_energyloss.evaluate.generated.distributions import Distributions, distributions_jodo, mmd
from pyg_energyloss.evaluate.generated.files import read_extxyz, write_extxyz, write_sdf
from pyg_energyloss.evaluate.generated.internal_coordinates import internal_coordinates
from pyg_energyloss.evaluate.generated.judge import ceiling, judge
from pyg_energyloss.evaluate.generated.stability import Stability
from pyg_energyloss.evaluate.generated.validity import Validity, smiles, validity_rdkit

__all__ = [
    "Distributions",
    "Stability",
    "Validity",
    "bond_orders",
    "ceiling",
    "distributions_jodo",
    "internal_coordinates",
    "judge",
    "mmd",
    "read_extxyz",
    "smiles",
    "validity_rdkit",
    "write_extxyz",
    "write_sdf",
]
