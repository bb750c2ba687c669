"""What an experiment is: the part of a study that differs from other studies."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypedDict, TypeVar

from pyg_energyloss import registry
from pyg_energyloss.experiments.spec import Spec
from pyg_energyloss.files import read_npz, read_or_set_aside
from pyg_energyloss.report.document import Column, Row, Section

if TYPE_CHECKING:
    from pyg_energyloss.experiments.training import Training

#: Fields of a run, and how it is trained.
S = TypeVar("S", bound=Spec)
T = TypeVar("T", bound="Training")


class Report(Protocol):
    """Told now and then how far something is."""

    def __call__(self, step: int, steps: int, phase: str, values: Mapping[str, float]) -> None:
        """Take in the step, how many there are, of what, and the latest values."""
        ...


class Measurement(TypedDict):
    """Metrics of a run, or of a baseline; labels tell several measurements of one run apart."""

    labels: dict[str, str]
    values: dict[str, float | None]


class Experiment(ABC, Generic[S, T]):
    """Trains networks with losses and measures them; register a subclass as ``experiment``.

    It is generic in its `Spec` and its `Training`: ``class Mine(Experiment[MySpec, MyTraining])``.

    A study makes one run for each `Spec`. `build` and `evaluate` are called in the process that
    makes the run, everything else where the study was started.
    """

    name: ClassVar[str]
    #: Of the report.
    title: ClassVar[str]
    #: The fields of a run.
    spec_type: type[S] = Spec  # type: ignore[assignment] # unless a subclass has fields of its own
    #: Kind -> role that its registered names must have; names without a role always pass.
    roles: ClassVar[Mapping[str, str]] = {}
    #: Kind -> options that the experiment itself gives to everything of that kind.
    given: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    #: What the tables show, from left to right.
    columns: ClassVar[Sequence[Column]] = ()
    #: Files (npz) that `evaluate` leaves in the folder of a run.
    leaves: ClassVar[Sequence[str]] = ()
    #: Under the tables.
    note: ClassVar[str] = ""
    #: One of the labels: a table for each of its values.
    group: ClassVar[str | None] = None

    def prepare(self, specs: Sequence[S], out: Path, report: Report) -> None:
        """Make what all runs need, once, before they start; runs find it in ``out``."""

    @abstractmethod
    def build(self, spec: S, out: Path) -> T:
        """Return the untrained network with its loss and data."""

    @abstractmethod
    def evaluate(self, training: T, spec: S, folder: Path, report: Report) -> list[Measurement]:
        """Measure a trained network; may leave files in ``folder``."""

    def baselines(self, spec: S, out: Path) -> list[Measurement]:
        """Measure what needs no training, for rows below the others."""
        del spec, out
        return []

    def baseline_settings(self, spec: S) -> dict[str, Any] | None:
        """What determines the baselines, plain values; None if there are none."""
        del spec
        return None

    def is_intact(self, spec: S, folder: Path) -> bool:
        """Whether what `evaluate` left in the folder of a finished run can be read."""
        del spec
        return all(read_or_set_aside(folder / name, read_npz) is not None for name in self.leaves)

    def names(self, spec: S) -> list[tuple[str, str]]:
        """Kind and registered name of everything that a run is made of."""
        data = [("dataset", spec.dataset)] if spec.dataset else []
        judges = [("evaluator", name) for name in getattr(spec, "evaluators", ())]
        return [*data, ("model", spec.model), ("loss", spec.loss), *judges]

    def try_options(self, kind: str, name: str, options: Mapping[str, Any]) -> None:
        """Make a thing with its options and forget it.

        Raises:
            ValueError: it cannot be made; the message tells what was given.
        """
        given = {**self.given.get(kind, {}), **options}
        try:
            registry.create(kind, name, **given)
        except (TypeError, ValueError, RuntimeError, KeyError) as error:
            raise ValueError(
                f"the {kind} {name!r} cannot be made with {dict(options)}: {error}"
            ) from error

    def told(self, measurements: Sequence[Measurement]) -> str:
        """One line about a finished run: the columns of the terminal, of the first measurement."""
        parts = []
        for column in self.columns if measurements else ():
            value = measurements[0]["values"].get(column["key"])
            if column["terminal"] and value is not None:
                factor = 100.0 if column["unit"] == "%" else 1.0
                number = f"{factor * value:.{column['digits']}f}"
                parts.append(f"{column['label']} {number} {column['unit']}".rstrip())
        return ", ".join(parts)

    def is_whole(self, result: Mapping[str, Any]) -> bool:
        """Whether nothing that the spec asks for was left out (for want of an extra)."""
        del result
        return True

    def labels(self, specs: Sequence[S]) -> dict[str, str]:
        """Key -> head of the label columns, those of `Measurement` included."""
        del specs
        return {"model": "model", "loss": "loss"}

    def labels_of(self, spec: S) -> dict[str, str]:
        """Labels of a run; runs of equal labels differ in the seed alone."""
        return {"model": spec.model, "loss": spec.loss}

    def headline(self, specs: Sequence[S]) -> str:
        """What was compared, in a line."""
        first = specs[0]
        return f"{first.dataset}: {first.steps} steps of {first.batch_size}, {seeds_of(specs)}"

    def describe(self, specs: Sequence[S]) -> str:
        """What the networks were asked to do, in a few sentences."""
        return f"{self.headline(specs)}."

    def derive(self, rows: Sequence[Row]) -> None:
        """Add values that compare rows with each other."""

    def sections(
        self, results: Sequence[Mapping[str, Any]], rows: Sequence[Row], **more: Any
    ) -> list[Section]:
        """Plots and pictures.

        Args:
            results: result.json of each finished run.
            rows: The summary over seeds.
            more: ``baselines`` (rows) and ``out`` (the study's folder).
        """
        del results, rows, more
        return []


AnyExperiment = Experiment[Any, Any]


def seeds_of(specs: Sequence[Spec]) -> str:
    """The seeds of a study, in words."""
    return f"seeds {', '.join(map(str, sorted({spec.seed for spec in specs})))}"
