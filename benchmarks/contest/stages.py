"""What is run, in which order: a contest cut short anywhere is still one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from protocol import (
    FIRST,
    OTHERS,
    SEEDS,
    STEPS,
    TUNING_SEED,
    TUNING_STEPS,
    Entry,
    design_space,
)
from rows import make_row
from tuning import tune

SHORT, MIDDLE, LONG = STEPS
#: For the design space, where rates are not searched: the best of most losses.
MAP_RATE = 1e-2
Job = Callable[[Path], object]


def jobs(model: str, entries: Sequence[Entry], steps: Sequence[int]) -> Iterator[Job]:
    """Tune all, then run all at each length, seed after seed."""
    for who in entries:
        yield partial(tune, who, model)
    for length in steps:
        for seed in SEEDS:
            for who in entries:
                yield partial(compete, who, model, length, seed)


def compete(who: Entry, model: str, steps: int, seed: int, work: Path) -> None:
    """One run of the table, at the rate that was tuned for it."""
    make_row("table", who, model, work, steps=steps, seed=seed, rate=tune(who, model, work))


def explore(who: Entry, work: Path) -> None:
    """One point of the map: potential x stiffness x composite, on validation molecules."""
    make_row("map", who, "gnn", work, steps=TUNING_STEPS, seed=TUNING_SEED, rate=MAP_RATE)


STAGES: dict[str, Callable[[], Iterator[Job]]] = {
    "first": lambda: jobs("gnn", FIRST, (SHORT, MIDDLE)),
    "others": lambda: jobs("gnn", OTHERS, (SHORT, MIDDLE)),
    "map": lambda: (partial(explore, who) for who in design_space()),
    "egnn": lambda: jobs("egnn", FIRST, (SHORT, MIDDLE)),
    "long": lambda: jobs("gnn", FIRST, (LONG,)),
    "egnn_long": lambda: jobs("egnn", FIRST, (LONG,)),
}
