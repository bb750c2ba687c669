"""Judging sets of generated molecules: ``evaluator(generated, reference=real) -> values``."""

from pyg_energyloss.evaluate.generated.bond_tables import bond_orders
from pyg_energyloss.evaluate.generated.distributions import Distributions, mmd
from pyg_energyloss.evaluate.generated.files import write_extxyz, write_sdf
from pyg_energyloss.evaluate.generated.internal_coordinates import internal_coordinates
from pyg_energyloss.evaluate.generated.judge import ceiling, judge
from pyg_energyloss.evaluate.generated.stability import Stability
from pyg_energyloss.evaluate.generated.validity import Validity

__all__ = [
    "Distributions",
    "Stability",
    "Validity",
    "bond_orders",
    "ceiling",
    "internal_coordinates",
    "judge",
    "mmd",
    "write_extxyz",
    "write_sdf",
]
