"""The fields of a run on spins, and the settings of each loss that the sweep found.

The sweep, on validation systems, is ``benchmarks/spin_tuning.py``; its result is
``benchmarks/results/spin_tuning.json``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pyg_energyloss.experiments.schedule import SCHEDULES
from pyg_energyloss.experiments.spec import SEED_LIMIT, Spec, judging

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
    "spin_cross_entropy": 1e-3,
    "spin_cross_entropy+flip": 3e-3,
    "spin_margin": 3e-3,
    "local_field": 3e-3,
    "local_field+flip": 1e-2,
    "target_bond": 3e-3,
    "true_energy": 1e-2,
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


def learning_rate(loss: str) -> float:
    """Learning rate of a loss, found with the residual network and the default steps."""
    return LEARNING_RATES.get(loss, PAPER_LEARNING_RATE)


def loss_options(loss: str) -> dict[str, Any]:
    """Own parameters of a loss that differ from its defaults."""
    return dict(LOSS_OPTIONS.get(loss, {}))


@dataclass(frozen=True, kw_only=True)
class SpinSpec(Spec):
    """One run on spins.

    Attributes:
        size: Rows and columns of the lattice.
        periodic: Whether its edges are joined.
        train: Systems to train on.
        test: Systems to test on.
        data_seed: Of the random couplings.
        schedule: Name in `SCHEDULES`.
        sweeps: Of the simulated annealing beside the networks.
        keep_systems: Test predictions kept for pictures.

    Raises:
        ValueError: a field is out of range.
    """

    size: int
    periodic: bool = False
    train: int
    test: int
    data_seed: int = 0
    schedule: str = "constant"
    sweeps: int = judging(100)
    keep_systems: int = judging(4)

    def __post_init__(self) -> None:
        """Check lattice, data and schedule."""
        super().__post_init__()
        smallest = 3 if self.periodic else 1  # a smaller torus would double its bonds
        for name, least in (("size", smallest), ("train", 1), ("test", 1), ("sweeps", 1)):
            if getattr(self, name) < least:
                torus = " of a periodic lattice" if least == smallest and self.periodic else ""
                raise ValueError(
                    f"`{name}`{torus} must be at least {least}, got {getattr(self, name)}"
                )
        if not 0 <= self.data_seed < SEED_LIMIT:
            raise ValueError(
                f"`data_seed` must be at least 0 and below 2**32, got {self.data_seed}"
            )
        if self.schedule not in SCHEDULES:
            raise ValueError(
                f"`schedule` must be one of {', '.join(SCHEDULES)}; got {self.schedule!r}"
            )

    @property
    def file_name(self) -> str:
        """Name of the file that holds the systems."""
        boundary = "torus" if self.periodic else "open"
        return f"{boundary}-{self.size}-{self.train}-{self.test}-seed{self.data_seed}.npz"
