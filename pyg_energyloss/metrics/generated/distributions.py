"""How far the bond lengths, angles and dihedrals of generated molecules are from real ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import wasserstein_distance
from torch_geometric.data import Data

from pyg_energyloss.metrics.generated.internal_coordinates import Values, internal_coordinates

Pairs = list[tuple[NDArray[np.float64], NDArray[np.float64]]]
#: Names of the kinds of bonds, of angles and of dihedrals.
Kinds = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]

#: Kinds of bonds, of angles and of dihedrals that are looked at: the most frequent real ones.
KINDS = 8
#: Values of a kind that are compared, at most; reference molecules that are looked at, at most.
MOST_VALUES, MOST_MOLECULES = 2000, 1000
#: Gaussian kernels of the MMD, and the ratio of their widths.
KERNELS, RATIO = 5, 2.0
#: Real values that a kind needs to be compared.
FEWEST = 10
#: The kinds that JODO compares on QM9, in its order.
JODO_QM9: Kinds = (
    ("C1H", "C1C", "C1O", "C1N", "H1N", "C2O", "H1O", "C2C"),
    ("C1C1H", "C1C1C", "C1C1O", "C1C1N", "C1N1C", "C1O1C", "H1C1O", "C1C2C"),
    (
        "C1C1C1H",
        "C1C1C1C",
        "H1C1C1H",
        "H1C1C1O",
        "C1C1C1O",
        "C1C1N1C",
        "C1N1C1H",
        "H1C1C1N",
    ),
)


class Distributions:
    """Distances between distributions of internal coordinates, averaged over kinds.

    Kinds that no generated molecule has are left out of a mean, so read it beside the stability and
    ``kinds_missing``.

    Args:
        kinds: Of bonds, angles and dihedrals, named as by `internal_coordinates`; the 8 of each
            that are most frequent in the reference if None.
        prefix: Put before the keys, so that two of these can stand side by side.

    Returns of a call:
        ``mmd_bond``, ``mmd_angle``, ``mmd_dihedral``: squared maximum mean discrepancy of lengths
            in Å and of angles in degrees, the mean over kinds; see `mmd`.
        ``w1_bond``: first Wasserstein distance of the bond lengths in Å, the mean over kinds.
        ``kinds_missing``: share of the kinds that no generated molecule has.

    Source: Huang et al., "Learning Joint 2D & 3D Diffusion Models for Complete Molecule Generation"
    (JODO), IEEE TNNLS 2024, and its public evaluation. It compares with up to 20 000 test values,
    here with 2000 of at most 1000 reference molecules; it counts an angle as often as the order of
    the atoms in the file has it, here each counts once.
    """

    judges_sets = True
    keys: tuple[str, ...] = ("mmd_bond", "mmd_angle", "mmd_dihedral", "w1_bond", "kinds_missing")

    def __init__(self, *, kinds: Kinds | None = None, prefix: str = "") -> None:
        self.kinds = kinds
        self.keys = tuple(prefix + key for key in type(self).keys)

    def __call__(self, generated: Sequence[Data], *, reference: Sequence[Data]) -> dict[str, float]:
        """Compare molecules with ``z`` [num_nodes] and ``pos`` [num_nodes, 3] in Å."""
        rows = np.unique(np.linspace(0, len(reference) - 1, MOST_MOLECULES).round().astype(int))
        real = internal_coordinates([reference[int(i)] for i in rows] if len(reference) else [])
        made = internal_coordinates(generated)
        kinds = self.kinds or tuple(map(_frequent, real))
        wanted = [
            [k for k in names if len(r.get(k, ())) >= FEWEST]
            for names, r in zip(kinds, real, strict=True)
        ]
        pairs: list[Pairs] = [
            [(_thinned(r[k]), _thinned(m[k])) for k in names if k in m]
            for names, r, m in zip(wanted, real, made, strict=True)
        ]
        count = sum(map(len, wanted))
        values = (
            *(_mean([mmd(m, r) for r, m in of_one]) for of_one in pairs),
            _mean([float(wasserstein_distance(m, r)) for r, m in pairs[0]]),
            1 - sum(map(len, pairs)) / count if count else float("nan"),
        )
        return dict(zip(self.keys, values, strict=True))


def distributions_jodo() -> Distributions:
    """`Distributions` over the kinds that JODO compares on QM9; its keys begin with ``jodo_``."""
    return Distributions(kinds=JODO_QM9, prefix="jodo_")


def mmd(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Return the squared maximum mean discrepancy of two samples of numbers.

    Sum of five Gaussian kernels exp(-d²/w), w = 2^i times the mean squared distance of the joined
    samples, i = -2 ... 2; the biased estimate, which is not negative, and of order 1/n for two
    samples of n values of one distribution.

    Args:
        first: [n].
        second: [m].

    >>> mmd(np.array([0.0, 1.0]), np.array([0.0, 1.0]))
    0.0

    Source: Gretton et al., JMLR 13, 723 (2012); the kernels are those of JODO's evaluation.
    """
    joined = np.concatenate([first, second])
    count = joined.size
    # The mean of squared differences of all pairs is twice the variance.
    width = 2 * joined.var() * count / max(count - 1, 1)
    if width == 0:
        return 0.0

    def similarity(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
        # A kernel of half the width is the square of this one, so the widest is the only exp.
        kernel = np.exp(-((a[:, None] - b[None, :]) ** 2) / (width * RATIO ** (KERNELS // 2)))
        total = kernel.mean()
        for _ in range(KERNELS - 1):
            kernel = kernel**RATIO
            total += kernel.mean()
        return float(total)

    value = similarity(first, first) + similarity(second, second) - 2 * similarity(first, second)
    return max(value, 0.0)


def _frequent(values: Values) -> tuple[str, ...]:
    return tuple(sorted(values, key=lambda kind: (-len(values[kind]), kind))[:KINDS])


def _thinned(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return values[:: max(1, -(-values.size // MOST_VALUES))]


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else float("nan")
