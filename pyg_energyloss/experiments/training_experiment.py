"""The experiments that train networks by steps: build, train, measure."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Generic, TypeVar

import torch

from pyg_energyloss.experiments.data import load_splits
from pyg_energyloss.experiments.experiment import Experiment, Measurement, Report, seeds_of
from pyg_energyloss.experiments.fitting.resumed import resumed
from pyg_energyloss.experiments.spec import TrainingSpec
from pyg_energyloss.experiments.training import Training

#: Fields of a run, and how it is trained.
S = TypeVar("S", bound=TrainingSpec)
T = TypeVar("T", bound=Training)


class TrainingExperiment(Experiment[S], Generic[S, T]):
    """Trains networks with losses and measures them.

    It is generic in its `TrainingSpec` and its `Training`:
    ``class Mine(TrainingExperiment[MySpec, MyTraining])``. A run continues from its last checkpoint
    after a kill, and judging it otherwise trains nothing again.
    """

    spec_type: type[S] = TrainingSpec  # type: ignore[assignment] # unless a subclass has its own

    @abstractmethod
    def build(self, spec: S, out: Path) -> T:
        """Return the untrained network with its loss and data."""

    @abstractmethod
    def evaluate(self, training: T, spec: S, folder: Path, report: Report) -> list[Measurement]:
        """Measure a trained network; may leave files in ``folder``."""

    def run(
        self, spec: S, folder: Path, report: Report, hardware: Mapping[str, Any]
    ) -> dict[str, Any] | None:
        """Train, unless that is done, and measure in the first process."""
        out = folder.parents[1]
        found = resumed(lambda: self.build(spec, out), spec.seed, folder, report, hardware)
        if found is None:
            return None
        about, training = found
        started = time.perf_counter()
        report(0, 1, "evaluating", {})
        training.to("cuda" if torch.cuda.is_available() else "cpu").eval()
        with torch.no_grad():
            measurements = self.evaluate(training, spec, folder, report)
        seconds = time.perf_counter() - started
        return {"measurements": measurements, **about, "eval_seconds": seconds}

    def names(self, spec: S) -> list[tuple[str, str]]:
        """Kind and registered name of everything that a run is made of."""
        data = [("dataset", spec.dataset)] if spec.dataset else []
        judges = [("evaluator", name) for name in getattr(spec, "evaluators", ())]
        return [*data, ("model", spec.model), ("loss", spec.loss), *judges]

    def check(self, specs: Sequence[S]) -> None:
        """Look every name up, make everything that options were given for, read the data.

        Raises:
            UnknownNameError: a name is not registered; the message lists the choices.
            ValueError: a name is registered for another experiment, or cannot be made with its
                options.
        """
        checked: list[tuple[str, str, Any]] = []
        for spec in specs:
            options = {"model": spec.model_options, "loss": spec.loss_options}
            for part in [(kind, name, options.get(kind)) for kind, name in self.names(spec)]:
                if part not in checked:
                    self.check_part(*part)
                    checked.append(part)
            if spec.dataset:
                load_splits(spec.dataset, spec.dataset_options)

    def made_of(self, spec: S, result: Mapping[str, Any]) -> dict[str, str | float | None]:
        """Learning rate, parameters and options."""
        options = {**spec.model_options, **spec.loss_options}
        return {
            "peak learning rate": spec.learning_rate,
            **super().made_of(spec, result),
            "options": ", ".join(f"{name}={value}" for name, value in options.items()),
        }

    def describe(self, specs: Sequence[S]) -> str:
        """Data and length."""
        return f"{specs[0].dataset}: {length_of(specs)}."


def length_of(specs: Sequence[TrainingSpec]) -> str:
    """How long a study trains, and how often, in words."""
    return f"{specs[0].steps} steps of {specs[0].batch_size}, {seeds_of(specs)}"
