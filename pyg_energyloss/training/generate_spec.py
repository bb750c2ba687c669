"""Everything that determines the training of a generator, as plain values."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from pyg_energyloss.training.keys import run_key


@dataclass(frozen=True)
class GenerateSpec:
    """One generator: how it is trained, sampled and judged. Two equal specs give equal results.

    Attributes:
        dataset: Registered name.
        model: Registered name of a denoiser.
        loss: Registered name of a structure loss.
        seed: Seeds the initial weights, the order of the data, rotations, noise and samples.
        steps: Optimiser steps.
        batch_size: Molecules per step.
        learning_rate: At the peak of the schedule.
        position_weight: The structure loss counts this much beside that of the types.
        schedule: Name in `generative.SCHEDULES`.
        prediction: Name in `generative.PREDICTIONS`.
        augment: Turn each training molecule at random.
        ema: Decay of the averaged weights.
        constant_rate: Keep the learning rate after its rise, instead of a fall along a cosine.
        precision: Lightning's: "32-true", "bf16-mixed", "16-mixed".
        type_scale: Length of the vector of an atom type.
        sampler: Name in `generative.SAMPLERS`.
        sample_steps: Calls of the denoiser for a sample.
        samples: Molecules generated with the averaged weights, and with the last ones.
        evaluators: Registered names of evaluators of sets.
        fraction: Share of the training molecules that is used.
        dataset_options: Options of the data set's factory.
        model_options: Options of the model's factory.
        loss_options: Options of the loss's factory.
    """

    dataset: str
    model: str
    loss: str
    seed: int
    steps: int
    batch_size: int
    learning_rate: float
    position_weight: float
    schedule: str = "polynomial"
    prediction: str = "noise"
    augment: bool = True
    ema: float = 0.999
    constant_rate: bool = False
    precision: str = "32-true"
    type_scale: float = 0.25
    sampler: str = "ancestral"
    sample_steps: int = 100
    samples: int = 200
    evaluators: tuple[str, ...] = ()
    fraction: float = 1.0
    dataset_options: dict[str, Any] = field(default_factory=dict)
    model_options: dict[str, Any] = field(default_factory=dict)
    loss_options: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Short name of the run, also its folder; judging it otherwise does not change it."""
        trained = {k: v for k, v in asdict(self).items() if k != "evaluators"}
        return run_key(self.model, self.loss, self.seed, trained)

    @property
    def label(self) -> str:
        """What sets the run apart from others of a study, but for the seed."""
        loss = ", ".join(f"{name}={value}" for name, value in sorted(self.loss_options.items()))
        parts = [
            f"{self.model} + {self.loss}{f' ({loss})' if loss else ''}",
            "" if self.fraction == 1 else f"{100 * self.fraction:g} % of the data",
            "" if self.augment else "not turned",
            "flow matching" if self.schedule == "flow" else "",
        ]
        return ", ".join(part for part in parts if part)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> GenerateSpec:
        """The spec that `to_dict` described."""
        return cls(**{**values, "evaluators": tuple(values.get("evaluators", ()))})
