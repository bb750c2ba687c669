"""Defaults of `energyloss compare`, and the learning rates that the sweep found.

The sweep is ``benchmarks/learning_rates.py``; its result is
``benchmarks/results/learning_rates.json``.
"""

from __future__ import annotations

MODELS = ("gnn", "egnn", "e3nn")
LOSSES = ("mse", "kabsch", "energy", "energy_sparse", "energy_kabsch")
EVALUATORS = ("geometry", "rmsd", "gfn2")

#: Peak learning rate for a model and a loss that the sweep did not cover.
FALLBACK_LEARNING_RATE = 3e-3

#: model -> loss -> peak learning rate: best bond-length MAE on validation molecules.
LEARNING_RATES: dict[str, dict[str, float]] = {
    "gnn": {
        "mse": 1e-3,
        "kabsch": 3e-3,
        "energy": 1e-2,
        "energy_sparse": 1e-2,
        "energy_kabsch": 1e-2,
    },
    "egnn": {
        "mse": 3e-2,
        "kabsch": 3e-3,
        "energy": 1e-2,
        "energy_sparse": 1e-2,
        "energy_kabsch": 1e-2,
    },
    "e3nn": {
        "mse": 1e-3,
        "kabsch": 3e-2,
        "energy": 3e-2,
        "energy_sparse": 3e-2,
        "energy_kabsch": 3e-2,
    },
}


def learning_rate(model: str, loss: str) -> float:
    """Peak learning rate of a model with a loss."""
    return LEARNING_RATES.get(model, {}).get(loss, FALLBACK_LEARNING_RATE)
