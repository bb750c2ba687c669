"""The fields of a run on crystals, and the defaults that a sweep of learning rates found."""

from __future__ import annotations

import math
from dataclasses import dataclass

from pyg_energyloss.experiments.spec import Spec, judging

TASKS = ("denoise", "composition")
LATTICES = ("given", "predicted")
MODELS = ("crystal_gnn", "crystal_egnn")
LOSSES = ("crystal_mse", "crystal_aligned_mse", "energy", "energy_absolute")
LEVELS = (0.25, 0.5)
#: Standard deviation of the strain of the lattice for each Å of noise on the atoms.
STRAIN = 0.15

#: Peak learning rate for a model and a loss that the sweep did not cover.
FALLBACK_LEARNING_RATE = 3e-3

#: model -> loss -> peak learning rate: best distances of validation crystals.
LEARNING_RATES: dict[str, dict[str, float]] = {}


def learning_rate(model: str, loss: str) -> float:
    """Peak learning rate of a model with a loss."""
    return LEARNING_RATES.get(model, {}).get(loss, FALLBACK_LEARNING_RATE)


@dataclass(frozen=True, kw_only=True)
class CrystalSpec(Spec):
    """One run on crystals.

    Attributes:
        task: "denoise" or "composition".
        lattice: "given", or "predicted" from a strained copy (denoise) or a cube (composition).
        levels: Noise levels of the task denoise, Å; training draws between the extremes.
        eval_graphs: Test crystals evaluated, the first ones of the test split.
        match_graphs: Of these, how many go through pymatgen's matcher, which is slow.

    Raises:
        ValueError: the task or the lattice is unknown, or the levels do not fit.
    """

    task: str = "denoise"
    lattice: str = "given"
    levels: tuple[float, ...] = ()
    eval_graphs: int = judging(200)
    match_graphs: int = judging(40)

    def __post_init__(self) -> None:
        """Check the task, the lattice and the levels."""
        super().__post_init__()
        for name, known in (("task", TASKS), ("lattice", LATTICES)):
            if getattr(self, name) not in known:
                raise ValueError(
                    f"`{name}` must be one of {', '.join(known)}; got {getattr(self, name)!r}"
                )
        if bool(self.levels) != (self.task == "denoise"):
            raise ValueError(
                f"`levels` are for the task denoise, which needs some; got {list(self.levels)} "
                f"for the task {self.task}"
            )
        if not all(math.isfinite(level) and level > 0 for level in self.levels):
            raise ValueError(
                f"`levels` must be positive noise levels in Å, got {list(self.levels)}"
            )
        for name in ("eval_graphs", "match_graphs"):
            if getattr(self, name) < 1:
                raise ValueError(f"`{name}` must be at least 1, got {getattr(self, name)}")
