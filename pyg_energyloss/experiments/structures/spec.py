"""The fields of a run on structures, and the defaults that the sweep of learning rates found.

The sweep is ``benchmarks/learning_rates.py``; its result is
``benchmarks/results/learning_rates.json``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pyg_energyloss.experiments.spec import TrainingSpec, check_levels, judging, option

TASKS = ("geometry", "denoise")
MODELS = ("gnn", "egnn", "e3nn")
LOSSES = (
    "mse",
    "kabsch",
    "distance_l1",
    "lddt_kabsch",
    "energy",
    "energy_sparse",
    "multiscale",
    "multiscale_sparse",
)
EVALUATORS = ("geometry", "distances", "rmsd", "acceptable", "gfn2")
LEVELS = (0.1, 0.25, 0.5, 1.0)
#: Where a trained run can be judged.
SPLITS = ("test", "val")

#: Peak learning rate for a model and a loss that the sweep did not cover.
FALLBACK_LEARNING_RATE = 3e-3

#: model -> loss -> peak learning rate: the least errors on validation molecules.
LEARNING_RATES: dict[str, dict[str, float]] = {
    "gnn": {**dict.fromkeys(LOSSES, 0.01), "mse": 3e-5, "distance_l1": 0.003},
    "egnn": {**dict.fromkeys(LOSSES, 0.01), "mse": 0.3},
    "e3nn": {
        **dict.fromkeys(LOSSES, 0.03),
        **dict.fromkeys(("kabsch", "distance_l1", "energy_sparse"), 0.1),
        "mse": 3e-5,
    },
}


def learning_rate(model: str, loss: str) -> float:
    """Peak learning rate of a model with a loss."""
    return LEARNING_RATES.get(model, {}).get(loss, FALLBACK_LEARNING_RATE)


@dataclass(frozen=True, kw_only=True)
class StructureSpec(TrainingSpec):
    """One run on structures.

    Raises:
        ValueError: the task is unknown, or the levels do not fit it.
    """

    task: str = option("geometry", "", choices=TASKS)
    levels: tuple[float, ...] = option(
        (),
        "denoise: standard deviations of the noise in Å (default: 0.1,0.25,0.5,1)",
        flag="noise-levels",
        metavar="S,S",
    )
    eval_graphs: int = judging(400, "test molecules", least=1)
    eval_split: str = judging("test", "where they are from", choices=SPLITS)
    evaluators: dict[str, dict[str, Any]] = judging(factory=dict)  # noqa: RUF009 - makes a field
    #: Where the data set's options differ when judging: better structures of the same molecules.
    eval_dataset_options: dict[str, Any] = judging(factory=dict)  # noqa: RUF009 - makes a field
    keep_structures: int = judging(8, "test predictions kept for pictures", least=0)

    def __post_init__(self) -> None:
        """Check the task and its levels."""
        super().__post_init__()
        check_levels(self.levels, self.task)
