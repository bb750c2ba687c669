"""What is run, in which order: a contest cut short anywhere is still one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
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
from rows import make_row, row_path
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
    "strain": [
        Race(who, "gnn", MIDDLE, seed, "strain") for seed in SEEDS for who in (*FIRST, *OTHERS)
    ],
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
