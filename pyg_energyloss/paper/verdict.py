"""Whether a statement holds here, decided by a test and not by looking."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from scipy import stats

#: A difference counts from this p on.
LEVEL = 0.05
#: Runs without which there is no spread.
FEWEST = 2

#: ``mean``, ``sd`` and ``n`` of runs, a number, or None.
Measured = Mapping[str, Any] | float | None


class Word(StrEnum):
    """What can be said of a statement."""

    HOLDS = "holds"
    CONTRADICTS = "contradicts"
    UNDECIDED = "undecided"
    ONE_SEED = "one seed"
    NOT_MEASURED = "not measured"


@dataclass(frozen=True)
class Verdict:
    """A word, and what stands behind it.

    Args:
        word: What can be said.
        p: Of the test, None where there was none.
        agrees: Whether the means are as stated, None where that is not known.

    >>> str(Verdict(Word.UNDECIDED, p=0.13)), str(Verdict(Word.ONE_SEED, agrees=False))
    ('undecided (p = 0.13)', 'one seed, against it')
    """

    word: Word
    p: float | None = None
    agrees: bool | None = None

    def __str__(self) -> str:
        if self.word == Word.ONE_SEED and self.agrees is not None:
            return f"{self.word}, {'for' if self.agrees else 'against'} it"
        return str(self.word) if self.p is None else f"{self.word} ({told_p(self.p)})"


NOT_MEASURED = Verdict(Word.NOT_MEASURED)


def told_p(p: float) -> str:
    """Write a p value with the digits that matter.

    >>> told_p(0.0312), told_p(1e-6)
    ('p = 0.03', 'p < 0.001')
    """
    return "p < 0.001" if p < 1e-3 else f"p = {p:.1g}" if p < 0.1 else f"p = {p:.2f}"  # noqa: PLR2004


def fact(agrees: bool | None) -> Verdict:
    """Return the verdict on what was counted or computed, and has no spread.

    >>> str(fact(True)), str(fact(None))
    ('holds', 'not measured')
    """
    if agrees is None:
        return NOT_MEASURED
    return Verdict(Word.HOLDS if agrees else Word.CONTRADICTS, agrees=agrees)


def is_above(first: Measured, second: Measured, *, by: float = 0.0) -> Verdict:
    """Tell whether a measured mean is above another, or above or below a number.

    Welch's t-test of the runs, two-sided; with a number, the t-test of one sample. A statement
    holds, or is contradicted, where p < 0.05.

    Args:
        first: ``mean``, ``sd`` and ``n`` of the runs, or a number; None if there are none.
        second: The same of other runs.
        by: How much above.

    >>> energy, mse = ({"mean": m, "sd": 0.1, "n": 3} for m in (2.0, 1.0))
    >>> str(is_above(energy, mse)), str(is_above(mse, energy)), str(is_above(mse, mse))
    ('holds (p < 0.001)', 'contradicts (p < 0.001)', 'undecided (p = 1.00)')
    >>> str(is_above(energy, {"mean": 1.0, "sd": None, "n": 1}))
    'one seed, for it'
    """
    one, other = _runs(first), _runs(second)
    if one is None or other is None:
        return NOT_MEASURED
    agrees = bool(one["mean"] - by > other["mean"])
    if min(one["n"], other["n"]) < FEWEST:
        return Verdict(Word.ONE_SEED, agrees=agrees)
    return _decided(_welch(one, other, by), agrees=agrees)


def share_is_above(successes: int, trials: int, bound: float) -> Verdict:
    """Tell whether a share is above a bound, by the exact binomial test.

    >>> str(share_is_above(998, 1000, 0.99)), str(share_is_above(9, 10, 0.8))
    ('holds (p = 0.006)', 'undecided (p = 0.70)')
    """
    p = float(stats.binomtest(successes, trials, bound).pvalue)
    agrees = successes > bound * trials
    return _decided(p, agrees=agrees)


def both(*verdicts: Verdict) -> Verdict:
    """Return the verdict on a statement of several parts: that of its weakest part.

    >>> str(both(fact(True), fact(False)))
    'contradicts'
    """
    order = (Word.NOT_MEASURED, Word.CONTRADICTS, Word.ONE_SEED, Word.UNDECIDED, Word.HOLDS)
    return min(verdicts, key=lambda v: (order.index(v.word), -(v.p or 0.0)))


def joint(words: list[Word]) -> str:
    """Return one word, or ``partly``, for several statements.

    >>> joint([Word.HOLDS, Word.HOLDS]), joint([Word.HOLDS, Word.UNDECIDED])
    ('holds', 'partly')
    >>> joint([Word.CONTRADICTS, Word.UNDECIDED]), joint([Word.ONE_SEED, Word.NOT_MEASURED])
    ('contradicts', 'one seed')
    """
    if Word.HOLDS in words:
        return "holds" if set(words) == {Word.HOLDS} else "partly"
    weight = (Word.CONTRADICTS, Word.UNDECIDED, Word.ONE_SEED)
    return str(next((word for word in weight if word in words), Word.NOT_MEASURED))


def sample(values: Sequence[float]) -> dict[str, Any]:
    """Return mean, standard deviation and number of runs.

    >>> sample([1.0, 3.0])
    {'mean': 2.0, 'sd': 1.4142135623730951, 'n': 2}
    """
    sd = statistics.stdev(values) if len(values) > 1 else None
    return {"mean": statistics.fmean(values), "sd": sd, "n": len(values)}


def _runs(measured: Measured) -> Mapping[str, Any] | None:
    if isinstance(measured, float | int):
        return {"mean": measured, "sd": 0.0, "n": FEWEST}  # a number has no spread
    return None if measured is None or measured.get("mean") is None else measured


def _decided(p: float, *, agrees: bool) -> Verdict:
    decided = Word.HOLDS if agrees else Word.CONTRADICTS
    return Verdict(decided if p < LEVEL else Word.UNDECIDED, p=p, agrees=agrees)


def _welch(first: Mapping[str, Any], second: Mapping[str, Any], by: float) -> float:
    """Two-sided p of a difference of means; two equal numbers without spread do not differ."""
    found = stats.ttest_ind_from_stats(
        first["mean"] - by,
        first["sd"],
        first["n"],
        second["mean"],
        second["sd"],
        second["n"],
        equal_var=False,
    )
    p = float(found.pvalue)
    if math.isnan(p):
        return 1.0 if first["mean"] - by == second["mean"] else 0.0
    return p
