"""What is run, in which order: a contest cut short anywhere is still one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from protocol import (
    EQUAL,
    FIRST,
    OTHERS,
    SECOND,
    SEEDS,
    STEPS,
    TUNING_SEED,
    TUNING_STEPS,
    Entry,
    design_space,
)
from rows import make_row, make_true_row, row_path, rows, true_row_path
from speed import equal_seconds
from tuning import is_tuned, tune

SHORT, MIDDLE, LONG = STEPS
#: For the design space, where rates are not searched: the best of most losses.
MAP_RATE = 1e-2


class Job(Protocol):
    """A run, or a few."""

    def run(self, work: Path) -> None:
        """Make what is missing."""

    def is_finished(self) -> bool:
        """Whether all its rows are there."""
        ...


@dataclass(frozen=True)
class Trials:
    """The learning rates of a loss."""

    who: Entry
    track: str

    def run(self, work: Path) -> None:
        """Try until the best is not at an end."""
        tune(self.who, self.track, work)

    def is_finished(self) -> bool:
        """Whether it is known."""
        return is_tuned(self.who, self.track)


@dataclass(frozen=True)
class Race:
    """One run of a table, at the rate that was tuned for it."""

    who: Entry
    track: str
    steps: int
    seed: int
    stage: str = "table"

    def run(self, work: Path) -> None:
        """Train, and judge on test molecules."""
        rate = tune(self.who, self.track, work)
        about = {"steps": self.steps, "seed": self.seed, "rate": rate}
        make_row(self.stage, self.who, self.track, work, **about)

    def is_finished(self) -> bool:
        """Whether its row is there."""
        where = row_path(self.stage, self.who, self.track, steps=self.steps, seed=self.seed, rate=0)
        return where.exists()


@dataclass(frozen=True)
class Judged(Race):
    """A run of a table judged otherwise; nothing to do before that run is made."""

    def run(self, work: Path) -> None:
        """Judge on test molecules."""
        if replace(self, stage="table").is_finished():
            super().run(work)


@dataclass(frozen=True)
class Truth:
    """The true structures, judged as if they were predicted."""

    track: str
    stage: str

    def run(self, work: Path) -> None:
        """Judge them, if there is anything to compare them with."""
        del work
        if any(row["track"] == self.track for row in rows("table")):
            make_true_row(self.stage, self.track)

    def is_finished(self) -> bool:
        """Whether their row is there."""
        return true_row_path(self.stage, self.track).exists()


@dataclass(frozen=True)
class Point:
    """One point of the map: potential x stiffness x composite, on validation molecules."""

    who: Entry

    def run(self, work: Path) -> None:
        """Train, and judge on validation molecules."""
        make_row("map", self.who, "gnn", work, steps=TUNING_STEPS, seed=TUNING_SEED, rate=MAP_RATE)

    def is_finished(self) -> bool:
        """Whether its row is there."""
        about = {"steps": TUNING_STEPS, "seed": TUNING_SEED, "rate": MAP_RATE}
        return row_path("map", self.who, "gnn", **about).exists()


def contest(track: str, entries: Sequence[Entry], steps: Sequence[int]) -> Iterator[Job]:
    """Tune all, then run all at each length, seed after seed."""
    for who in entries:
        yield Trials(who, track)
    for length in steps:
        for seed in SEEDS:
            for who in entries:
                yield Race(who, track, length, seed)


STAGES: dict[str, list[Job]] = {
    "first": [*contest("gnn", FIRST, (SHORT, MIDDLE))],
    "others": [*contest("gnn", OTHERS, (SHORT, MIDDLE))],
    "map": [Point(who) for who in design_space()],
    "egnn": [*contest("egnn", SECOND, (MIDDLE,))],
    "druglike": [*contest("gnn_druglike", SECOND, (MIDDLE,))],
    # The same networks, judged on GFN2-xTB structures of the same molecules.
    "relaxed": [
        Race(who, "gnn_druglike", MIDDLE, seed, "relaxed") for seed in SEEDS for who in SECOND
    ],
    "egnn_equal": [*contest("egnn_qm9", EQUAL, (MIDDLE, equal_seconds("egnn_qm9", MIDDLE)))],
    "e3nn_equal": [*contest("e3nn_qm9", EQUAL, (equal_seconds("e3nn_qm9", MIDDLE), MIDDLE))],
    "long": [*contest("gnn", FIRST, (LONG,))],
    "egnn_long": [*contest("egnn", SECOND, (LONG,))],
}


def races_of(stage: str) -> list[Race]:
    """All planned runs of the tables of a stage."""
    jobs = [job for of_stage in STAGES.values() for job in of_stage]
    return [job for job in jobs if isinstance(job, Race) and job.stage == stage]


def judged(stage: str) -> Iterator[Job]:
    """All runs of the length that every track has, judged otherwise, seed after seed."""
    races = [
        Judged(race.who, race.track, race.steps, race.seed, stage)
        for race in races_of("table")
        if race.steps == MIDDLE
    ]
    yield from (Truth(track, stage) for track in dict.fromkeys(race.track for race in races))
    yield from sorted(races, key=lambda race: race.seed)


STAGES |= {stage: [*judged(stage)] for stage in ("posebusters", "strain")}
