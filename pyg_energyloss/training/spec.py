"""Everything that determines a run, as plain values."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from pyg_energyloss.training.keys import run_key


@dataclass(frozen=True)
class RunSpec:
    """One training run; two equal specs give equal results.

    Attributes:
        task: "geometry" or "denoise".
        dataset: Registered name.
        model: Registered name.
        loss: Registered name.
        seed: Seeds the initial weights, the order of the data, rotations and noise.
        steps: Optimiser steps.
        batch_size: Graphs per step.
        learning_rate: Peak of the schedule.
        eval_graphs: Test graphs evaluated, the first ones of the test split.
        levels: Noise levels of the task denoise, Å.
        evaluators: Registered names, each with its options.
        dataset_options: Options of the data set's factory.
        model_options: Options of the model's factory.
        keep_structures: Test predictions kept for pictures.
    """

    task: str
    dataset: str
    model: str
    loss: str
    seed: int
    steps: int
    batch_size: int
    learning_rate: float
    eval_graphs: int
    levels: tuple[float, ...] = ()
    evaluators: dict[str, dict[str, Any]] = field(default_factory=dict)
    dataset_options: dict[str, Any] = field(default_factory=dict)
    model_options: dict[str, Any] = field(default_factory=dict)
    keep_structures: int = 8

    @property
    def key(self) -> str:
        """Short name of the run, the same for equal specs: also its folder."""
        return run_key(self.model, self.loss, self.seed, asdict(self))

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> RunSpec:
        """The spec that `to_dict` described."""
        return cls(**{**values, "levels": tuple(values.get("levels", ()))})
