"""Loss against loss: how far one is ahead, on the same molecules with the same seeds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
from protocol import CHALLENGERS, MERIT

from pyg_energyloss.metrics import paired_difference
from pyg_energyloss.metrics.paired import Difference

#: Fewer seeds than this are no ground for calling anything ahead.
FEWEST = 3

Runs = Mapping[str, Sequence[Mapping[str, Any]]]


def duel(first: str, second: str, metric: str, runs: Runs) -> Difference | None:
    """The difference of two losses over the seeds that both have; None below three seeds."""
    of_first, of_second = (
        {row["spec"]["seed"]: row["molecules"][metric] for row in runs[name]}
        for name in (first, second)
    )
    shared = sorted(of_first.keys() & of_second.keys())
    if len(shared) < FEWEST:
        return None
    return paired_difference(*([_numbers(of[s]) for s in shared] for of in (of_first, of_second)))


def duels(runs: Runs) -> list[dict[str, Any]]:
    """Each challenger against each rival: differences in per cent of the rival's error."""
    found = []
    rivals = [name for name in runs if name not in CHALLENGERS]
    for first, second in product([c for c in CHALLENGERS if c in runs], rivals):
        against: dict[str, Any] = {"challenger": first, "rival": second}
        for metric in MERIT:
            difference = duel(first, second, metric, runs)
            if difference is not None:
                errors = [_numbers(row["molecules"][metric]) for row in runs[second]]
                scale = 100.0 / float(np.nanmean(errors))
                against[metric] = [round(scale * value, 3) for value in difference]
        if set(MERIT) <= set(against):
            found.append(against)
    return found


def _numbers(values: Sequence[float | None]) -> list[float]:
    return [math.nan if value is None else value for value in values]
