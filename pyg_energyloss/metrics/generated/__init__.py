"""Judging sets of generated molecules: ``evaluator(generated, reference=real) -> values``."""

from pyg_energyloss.data.bond_tables import bond_orders
from pyg_energyloss.data.formats.read import read_data
from pyg_energyloss.data.write import write_extxyz, write_sdf
from pyg_energyloss.metrics.generated.distributions import Distributions, distributions_jodo, mmd
from pyg_energyloss.metrics.generated.internal_coordinates import internal_coordinates
from pyg_energyloss.metrics.generated.judge import ceiling, judge
from pyg_energyloss.metrics.generated.stability import Stability
from pyg_energyloss.metrics.generated.validity import Validity, smiles, validity_rdkit

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
    "read_data",
    "smiles",
    "validity_rdkit",
    "write_extxyz",
    "write_sdf",
]
