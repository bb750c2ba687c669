"""Settings of each loss of `energyloss spins` that the sweep on validation systems found.

The sweep is ``benchmarks/spin_tuning.py``; its result is ``benchmarks/results/spin_tuning.json``.
"""

from __future__ import annotations

from typing import Any

#: Learning rate of the paper, and of a loss that the sweep did not cover.
PAPER_LEARNING_RATE = 1e-3

#: loss -> learning rate of least excess energy on validation systems.
LEARNING_RATES: dict[str, float] = {
    "spin_cross_entropy": 1e-3,
    "spin_cross_entropy+flip": 3e-3,
    "spin_margin": 3e-3,
    "local_field": 3e-3,
    "local_field+flip": 1e-2,
    "target_bond": 3e-3,
    "true_energy": 1e-2,
}

#: loss -> its own parameters where the sweep found better ones than the loss's defaults.
LOSS_OPTIONS: dict[str, dict[str, Any]] = {
    "spin_margin": {"margin": 3.0},
}


def spin_learning_rate(loss: str) -> float:
    """Learning rate of a loss, found with the residual network and the default steps."""
    return LEARNING_RATES.get(loss, PAPER_LEARNING_RATE)


def spin_loss_options(loss: str) -> dict[str, Any]:
    """Own parameters of a loss that differ from its defaults."""
    return dict(LOSS_OPTIONS.get(loss, {}))
