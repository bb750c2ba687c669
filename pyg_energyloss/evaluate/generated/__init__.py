"""Judging sets of generated molecules: ``evaluator(generated, reference=real) -> {name: value}``."""

from pyg_energyloss.evaluate.generated.bond_tables import bond_orders
from pyg_energyloss.evaluate.generated.files import write_extxyz, write_sdf
from pyg_energyloss.evaluate.generated.judge import ceiling, judge
from pyg_energyloss.evaluate.generated.stability import Stability

__all__ = ["Stability", "bond_orders", "ceiling", "judge", "write_extxyz", "write_sdf"]
