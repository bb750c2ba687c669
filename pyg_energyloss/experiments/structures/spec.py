"""The fields of a run on structures, and the defaults that the sweep of learning rates found.

The sweep is ``benchmarks/learning_rates.py``; its result is
``benchmarks/results/learning_rates.json``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from pyg_energyloss.experiments.spec import Spec, judging

TASKS = ("geometry", "denoise")
MODELS = ("gnn", "egnn", "e3nn")
LOSSES = ("mse", "kabsch", "energy", "energy_sparse", "energy_kabsch")
EVALUATORS = ("geometry", "rmsd", "gfn2")
LEVELS = (0.1, 0.25, 0.5, 1.0)
#: Where a trained run can be judged.
SPLITS = ("test", "val")

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


@dataclass(frozen=True, kw_only=True)
class StructureSpec(Spec):
    """One run on structures.

    Attributes:
        task: "geometry" or "denoise".
        levels: Noise levels of the task denoise, Å; training draws between the extremes.
        eval_graphs: Graphs evaluated, the first ones of their split.
        eval_split: "test", or "val" for whatever is chosen by its result.
        evaluators: Registered names, each with its options.
        keep_structures: Test predictions kept for pictures.

    Raises:
        ValueError: the task is unknown, or the levels do not fit it.
    """

    task: str = "geometry"
    levels: tuple[float, ...] = ()
    eval_graphs: int = judging(400)
    eval_split: str = judging("test")
    evaluators: dict[str, dict[str, Any]] = judging(factory=dict)  # noqa: RUF009 - makes a field
    keep_structures: int = judging(8)

    def __post_init__(self) -> None:
        """Check the task and its levels."""
        super().__post_init__()
        if self.task not in TASKS:
            raise ValueError(f"`task` must be one of {', '.join(TASKS)}; got {self.task!r}")
        if bool(self.levels) != (self.task == "denoise"):
            raise ValueError(
                f"`levels` are for the task denoise, which needs some; got {list(self.levels)} "
                f"for the task {self.task}"
            )
        if not all(math.isfinite(level) and level > 0 for level in self.levels):
            raise ValueError(
                f"`levels` must be positive noise levels in Å, got {list(self.levels)}"
            )
        if self.eval_split not in SPLITS:
            raise ValueError(
                f"`eval_split` must be one of {', '.join(SPLITS)}; got {self.eval_split!r}"
            )
        if self.eval_graphs < 1:
            raise ValueError(f"`eval_graphs` must be at least 1, got {self.eval_graphs}")
