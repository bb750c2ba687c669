"""The peak learning rate of each loss: equal trials, on validation molecules, a seed of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from protocol import BEYOND, RATES, TUNING_SEED, TUNING_STEPS, Entry
from rows import make_row, rows


def tune(who: Entry, track: str, work: Path) -> float:
    """Try the rates, and beyond an end where the best is there; return the best."""
    tried: dict[float, float] = {}
    left = list(RATES)
    while left:
        for rate in left:
            row = make_row(
                "tuning", who, track, work, steps=TUNING_STEPS, seed=TUNING_SEED, rate=rate
            )
            tried[rate] = row["merit"]
        left = beyond(tried)
    return min(tried, key=tried.__getitem__)


def is_tuned(who: Entry, track: str) -> bool:
    """Whether no trial is missing."""
    tried = tuned().get(track, {}).get(who.name, {"merit": {}})["merit"]
    return set(RATES) <= set(tried) and not beyond(tried)


def beyond(tried: dict[float, float]) -> list[float]:
    """The rate next to the best one, if that is at an end of those tried and not of all."""
    best = BEYOND.index(min(tried, key=tried.__getitem__))
    ends = [BEYOND[i] for i in (best - 1, best + 1) if 0 <= i < len(BEYOND)]
    return [rate for rate in ends if rate not in tried]


def tuned() -> dict[str, dict[str, dict[str, Any]]]:
    """Track -> entry -> the merit of each rate tried and the best rate."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for row in rows("tuning"):
        of_track = found.setdefault(row["track"], {})
        merits = of_track.setdefault(row["entry"], {"merit": {}})["merit"]
        merits[row["spec"]["learning_rate"]] = row["merit"]
    for of_track in found.values():
        for about in of_track.values():
            about["merit"] = dict(sorted(about["merit"].items()))
            about["best"] = min(about["merit"], key=about["merit"].__getitem__)
    return found
