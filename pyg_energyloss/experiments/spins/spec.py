"""The fields of a run on spins, and the settings of each loss that the sweep found.

The sweep, on validation systems, is ``benchmarks/spin_tuning.py``; its result is
``benchmarks/results/spin_tuning.json``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pyg_energyloss.experiments.fitting.schedule import SCHEDULES
from pyg_energyloss.experiments.spec import SEED, FieldError, TrainingSpec, about, judging, option

#: What ``+flip`` after the name of a loss stands for: blind to a flip of all spins.
FLIP_SUFFIX, FLIP_RULE = "+flip", "min"
LOSSES = (
    "spin_cross_entropy",
    "spin_cross_entropy+flip",
    "spin_margin",
    "local_field",
    "local_field+flip",
    "target_bond",
    "true_energy",
)

#: Learning rate of the paper, and of a loss that the sweep did not cover.
PAPER_LEARNING_RATE = 1e-3

#: loss -> learning rate of least excess energy on validation systems.
LEARNING_RATES: dict[str, float] = {
    **dict.fromkeys(LOSSES, 3e-3),
    **dict.fromkeys(("local_field+flip", "true_energy"), 1e-2),
    "spin_cross_entropy": 1e-3,
}

#: loss -> its own parameters where the sweep found better ones than the loss's defaults.
LOSS_OPTIONS: dict[str, dict[str, Any]] = {"spin_margin": {"margin": 3.0}}

#: loss -> (mean, s.d.) of the excess energy at 16 x 16: Kaba et al., arXiv 2511.02087, section 5.
PAPER = {
    "spin_cross_entropy": (58.8, 0.8),
    "spin_margin": (49.87, 1.5),
    "local_field": (45.6, 1.6),
    "true_energy": (14.6, 0.3),
}
REFERENCE = "spin_cross_entropy"
#: Below, a bond would be doubled.
SMALLEST_TORUS = 3


def learning_rate(loss: str) -> float:
    """Learning rate of a loss, found with the residual network and the default steps."""
    return LEARNING_RATES.get(loss, PAPER_LEARNING_RATE)


def loss_options(loss: str) -> dict[str, Any]:
    """Own parameters of a loss that differ from its defaults."""
    return dict(LOSS_OPTIONS.get(loss, {}))


@dataclass(frozen=True, kw_only=True)
class SpinSpec(TrainingSpec):
    """One run on spins.

    Raises:
        ValueError: a field is out of range.
    """

    size: int = field(metadata=about("rows and columns", least=1))
    periodic: bool = option(False, "join the edges: a torus")
    train: int = field(metadata=about("systems to train on", least=1))
    test: int = field(metadata=about("systems to test on", least=1))
    data_seed: int = option(0, "of the couplings (0)", **SEED)
    schedule: str = option(
        "constant",
        "of the learning rate: constant, as in the paper (default), or a rise and a fall",
        choices=tuple(SCHEDULES),
    )
    sweeps: int = judging(100, "of simulated annealing", least=1)
    keep_systems: int = judging(4, "test predictions kept for pictures")

    def __post_init__(self) -> None:
        """Check that no bond of a torus is doubled."""
        super().__post_init__()
        if self.periodic and self.size < SMALLEST_TORUS:
            told = f"of a periodic lattice must be at least {SMALLEST_TORUS}, got {self.size}"
            raise FieldError("size", told)

    @property
    def file_name(self) -> str:
        """Name of the file that holds the systems."""
        boundary = "torus" if self.periodic else "open"
        return f"{boundary}-{self.size}-{self.train}-{self.test}-seed{self.data_seed}.npz"
