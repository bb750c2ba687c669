"""Contract checks for losses, hostile structures, and references to compare with."""

from pyg_energyloss.testing.contract import assert_loss_contract, contract_batch
from pyg_energyloss.testing.hostile import SHAPES, hostile_positions
from pyg_energyloss.testing.reference import all_pairs, pair_energy_loop

__all__ = [
    "SHAPES",
    "all_pairs",
    "assert_loss_contract",
    "contract_batch",
    "hostile_positions",
    "pair_energy_loop",
]
