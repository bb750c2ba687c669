"""Everything that determines a training run on spins, as plain values."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from pyg_energyloss.training.keys import run_key


@dataclass(frozen=True)
class SpinData:
    """Which systems to train and test on.

    Attributes:
        size: Rows and columns of the lattice.
        periodic: Whether its edges are joined.
        train: Systems to train on.
        test: Systems to test on.
        seed: Of the random couplings.
    """

    size: int
    periodic: bool
    train: int
    test: int
    seed: int

    @property
    def file_name(self) -> str:
        """Name of the file that holds the systems."""
        boundary = "torus" if self.periodic else "open"
        return f"{boundary}-{self.size}-{self.train}-{self.test}-seed{self.seed}.npz"


@dataclass(frozen=True)
class SpinRunSpec:
    """One training run; two equal specs give equal results.

    Attributes:
        data: The systems.
        model: Registered name.
        loss: Registered name, with ``+flip`` for the form that is blind to a global flip.
        seed: Seeds the initial weights and the order of the data.
        steps: Optimiser steps.
        batch_size: Systems per step.
        learning_rate: Of Adam, at the peak of the schedule.
        schedule: "constant" or "cosine" (rise and fall).
        model_options: Options of the model's factory.
        loss_options: Options of the loss's factory.
        keep_systems: Test predictions kept for pictures.
    """

    data: SpinData
    model: str
    loss: str
    seed: int
    steps: int
    batch_size: int
    learning_rate: float
    schedule: str = "constant"
    model_options: dict[str, Any] = field(default_factory=dict)
    loss_options: dict[str, Any] = field(default_factory=dict)
    keep_systems: int = 4

    @property
    def key(self) -> str:
        """Short name of the run, the same for equal specs: also its folder."""
        return run_key(self.model, self.loss, self.seed, asdict(self))

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> SpinRunSpec:
        """The spec that `to_dict` described."""
        return cls(**{**values, "data": SpinData(**values["data"])})
