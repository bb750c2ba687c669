"""From couplings in floating point to matchings on integers that are still exact."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from pyg_energyloss.spins.branching import SearchLimitError, constrained_join
from pyg_energyloss.spins.matching import MAX_WEIGHT, Fixed, Frustration, Join, Weights
from pyg_energyloss.spins.surface import Mask

#: How many near-degenerate alternatives are told apart before giving up.
MAX_SPLITS = 256
#: The same for couplings that can be compared as decimals instead.
FEW_SPLITS = 32
#: How many decimal places may make up a common unit.
MAX_DECIMALS = 7


def common_unit(strength: NDArray[np.float64]) -> Weights | None:
    """Return the strengths as integers below 2^24 of one common unit, or None if there is no such.

    Integer couplings, plus or minus one constant, and random numbers on the grid of float32 in
    [-1, 1] have one; then the matching needs no rounding.

    Example:
        >>> common_unit(np.array([0.75, 0.5, 3.0]))
        array([ 3,  2, 12])
    """
    top = strength.max(initial=0.0)
    if top == 0:
        return np.zeros(len(strength), dtype=np.int64)
    # 2^62 is the largest power of two below which a float64 integer fits int64.
    scaled = np.ldexp(strength, 62 - int(np.frexp(top)[1]))
    if np.array_equal(scaled, np.rint(scaled)):
        whole: Weights = scaled.astype(np.int64)
        whole //= np.gcd.reduce(whole)
        if whole.max() <= MAX_WEIGHT:
            return whole
    return None


def decimal_unit(strength: NDArray[np.float64]) -> Weights | None:
    """Return numbers that print as short decimals as integers of one unit, or None if they do not.

    In double or single precision; 0.1 + 0.2 then equals 0.3.

    Example:
        >>> decimal_unit(np.array([0.1, 0.2, 0.3]))
        array([1, 2, 3])
    """
    for scale in 10.0 ** np.arange(1, MAX_DECIMALS + 1):
        rounded = np.rint(strength * scale)
        if rounded.max(initial=0.0) > MAX_WEIGHT:
            break
        decimal = rounded / scale
        if np.array_equal(decimal, strength) or np.array_equal(
            decimal.astype(np.float32).astype(np.float64), strength
        ):
            return np.asarray(rounded, dtype=np.int64)
    return None


def least_join(frustration: Frustration, strength: NDArray[np.float64]) -> Mask:
    """Return the unsatisfied bonds of exactly the least total strength.

    Where the strengths have no common unit below 2^24 they are enclosed between integers. A set U
    that stays the lightest when each of its own bonds takes its upper and all others their lower
    bound is the lightest for the true strengths: for any other set V the enclosed difference
    ``w(V) - w(U)`` is then not negative. If a near-degenerate V remains, the two are compared in
    exact arithmetic, a bond in which they differ is fixed either way, and both halves are solved.
    Where that has no end, as with many couplings of 0.1, 0.2 and 0.3, numbers that print as short
    decimals are compared as those decimals.

    Raises:
        SearchLimitError: too many sets that 24 bits cannot tell apart.
    """
    whole = common_unit(strength)
    if whole is not None:
        return _solved(constrained_join(frustration, whole, {})).mask
    decimal = decimal_unit(strength)
    try:
        return _enclosed(frustration, strength, MAX_SPLITS if decimal is None else FEW_SPLITS)
    except SearchLimitError:
        if decimal is None:
            raise
        return _solved(constrained_join(frustration, decimal, {})).mask


def _enclosed(frustration: Frustration, strength: NDArray[np.float64], splits: int) -> Mask:
    # A power of two: the division is exact.
    unit = math.ldexp(1.0, int(np.frexp(strength.max())[1]) - 24)
    low = np.floor(strength / unit).astype(np.int64)
    high = np.minimum(np.ceil(strength / unit).astype(np.int64), MAX_WEIGHT)
    if bool((strength > unit * MAX_WEIGHT).any()):
        unit, low, high = 2 * unit, low // 2, low // 2 + 1
    mask = _certified(frustration, strength, (low, high), {}, [splits])
    if mask is None:
        raise AssertionError("every configuration has a set of unsatisfied bonds")
    return mask


def _certified(
    frustration: Frustration,
    strength: NDArray[np.float64],
    bounds: tuple[Weights, Weights],
    fixed: Fixed,
    splits: list[int],
) -> Mask | None:
    low, high = bounds
    join = constrained_join(frustration, low, fixed)
    if join is None:
        return None
    mask = join.mask
    while True:
        pessimistic = np.where(mask, high, low)
        rival = constrained_join(
            frustration, pessimistic, fixed, below=int(pessimistic[mask].sum())
        )
        if rival is None:
            return mask
        if compare(strength, rival.mask, mask) < 0:
            mask = rival.mask
            continue
        break
    splits[0] -= 1
    if splits[0] < 0:
        raise SearchLimitError(
            "`coupling` leaves too many configurations that 24 bits cannot tell apart; round it to "
            "multiples of a common unit (at least max|J| / 2^24)"
        )
    bond = int(np.flatnonzero(rival.mask ^ mask)[0])
    halves = [
        _certified(frustration, strength, bounds, {**fixed, bond: chosen}, splits)
        for chosen in (False, True)
    ]
    found = [half for half in halves if half is not None]
    return found[0] if len(found) == 1 or compare(strength, *found) <= 0 else found[1]


def compare(strength: NDArray[np.float64], first: Mask, second: Mask) -> int:
    """Return the sign of ``w(first) - w(second)``, in exact arithmetic.

    Example:
        >>> compare(np.array([0.1, 0.2, 0.3]), np.array([1, 1, 0]) > 0, np.array([0, 0, 1]) > 0)
        1
    """
    more = sum(map(Fraction, strength[first & ~second].tolist()), Fraction())
    less = sum(map(Fraction, strength[second & ~first].tolist()), Fraction())
    return (more > less) - (more < less)


def _solved(join: Join | None) -> Join:
    if join is None:
        raise AssertionError("every configuration has a set of unsatisfied bonds")
    return join
