"""What an experiment is: the part of a study that differs from other studies."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Generic, Protocol, TypedDict, TypeVar

from pyg_energyloss import registry
from pyg_energyloss.experiments.spec import Spec
from pyg_energyloss.files import read_npz, read_or_set_aside
from pyg_energyloss.report.document import Column, Row, Section

#: Fields of a run.
S = TypeVar("S", bound=Spec)


class Report(Protocol):
    """Told now and then how far something is."""

    def __call__(self, step: int, steps: int, phase: str, values: Mapping[str, float]) -> None:
        """Take in the step, how many there are, of what, and the latest values."""
        ...


class Measurement(TypedDict):
    """Metrics of a run, or of a baseline; labels tell several measurements of one run apart."""

    labels: dict[str, str]
    values: dict[str, float | None]


class Experiment(ABC, Generic[S]):
    """Makes runs and measures them; register a subclass as ``experiment``.

    It is generic in its `Spec`: ``class Mine(Experiment[MySpec])``. Whatever takes a while and can
    be told by a spec may be a run; trainings by steps start from `TrainingExperiment`, which knows
    how to make one.

    A study makes one run for each `Spec`. `run` is called in the process that makes the run,
    everything else where the study was started.
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
    #: Files (npz) that a run leaves in its folder.
    leaves: ClassVar[Sequence[str]] = ()
    #: Under the tables.
    note: ClassVar[str] = ""
    #: One of the labels: a table for each of its values.
    group: ClassVar[str | None] = None
    #: Labels that the tables leave out where all runs have the same.
    told_if_several: ClassVar[Sequence[str]] = ()

    def check_part(self, kind: str, name: str, options: Mapping[str, Any] | None = None) -> None:
        """Check that a registered name is one for this experiment, and takes its options.

        Raises:
            UnknownNameError: the name is not registered; the message lists the choices.
            ValueError: it has another role, or cannot be made with the options.
        """
        found, wanted = registry.entry(kind, name), self.roles.get(kind, "")
        if found.role and wanted and found.role != wanted:
            fitting = [e.name for e in registry.describe(kind) if e.role in ("", wanted)]
            raise ValueError(
                f"the {kind} {name!r} ({found.summary}) is not for {self.name}; choose from "
                f"{', '.join(fitting)}"
            )
        if options:
            try:
                registry.create(kind, name, **{**self.given.get(kind, {}), **options})
            except (TypeError, ValueError, RuntimeError, KeyError) as error:
                raise ValueError(
                    f"the {kind} {name!r} cannot be made with {dict(options)}: {error}"
                ) from error

    def check(self, specs: Sequence[S]) -> None:
        """Look at what the specs name before anything runs.

        Raises:
            ValueError: it is not there, or not for this experiment.
        """

    def prepare(self, specs: Sequence[S], out: Path, report: Report) -> None:
        """Make what all runs need, once, before they start; runs find it in ``out``."""

    @abstractmethod
    def run(
        self, spec: S, folder: Path, report: Report, hardware: Mapping[str, Any]
    ) -> Mapping[str, Any] | None:
        """Make one run; what it leaves is in ``folder``, ``runs/KEY`` of the study's folder.

        It is called again after a kill, and whatever it kept in the folder can spare it work.

        Args:
            spec: Of the run.
            folder: Of the run.
            report: Told how far it is.
            hardware: Lightning's ``devices``, ``num_nodes``, ``strategy``; empty for one process.

        Returns:
            What result.json says beside the spec, plain values: ``measurements``, a list of
            `Measurement` (empty if it belongs in no table), and anything that `sections` draws;
            None in processes that do not write.
        """

    def baselines(self, spec: S, out: Path) -> list[Measurement]:
        """Measure what needs no training, for rows below the others."""
        del spec, out
        return []

    def baseline_settings(self, spec: S) -> dict[str, Any] | None:
        """What determines the baselines, plain values; None if there are none."""
        del spec
        return None

    def is_intact(self, spec: S, folder: Path) -> bool:
        """Whether what a finished run left in its folder can be read."""
        del spec
        return all(read_or_set_aside(folder / name, read_npz) is not None for name in self.leaves)

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

    def made_of(self, spec: S, result: Mapping[str, Any]) -> dict[str, str | float | None]:
        """Head -> what the report says of how a run was made, beside its labels."""
        del spec
        return {"parameters": result.get("parameters")}

    def describe(self, specs: Sequence[S]) -> str:
        """What was asked for, in a few sentences."""
        return f"{seeds_of(specs)}."

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


AnyExperiment = Experiment[Any]


def seeds_of(specs: Sequence[Spec]) -> str:
    """The seeds of a study, in words."""
    return f"seeds {', '.join(map(str, sorted({spec.seed for spec in specs})))}"
