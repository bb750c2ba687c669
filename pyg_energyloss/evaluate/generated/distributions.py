"""How far the bond lengths, angles and dihedrals of generated molecules are from real ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import wasserstein_distance
from torch_geometric.data import Data

from pyg_energyloss.evaluate.generated.internal_coordinates import Values, internal_coordinates

#: Kinds of bonds, of angles and of dihedrals that are looked at: the most frequent real ones.
KINDS = 8
#: Values of a kind that are compared, at most; reference molecules that are looked at, at most.
MOST_VALUES, MOST_MOLECULES = 2000, 1000
#: Gaussian kernels of the MMD, and the ratio of their widths.
KERNELS, RATIO = 5, 2.0


class Distributions:
    """Distances between distributions of internal coordinates, averaged over frequent kinds.

    Kinds that no generated molecule has are left out of a mean, so read it beside the stability.

    Returns of a call:
        ``mmd_bond``, ``mmd_angle``, ``mmd_dihedral``: squared maximum mean discrepancy, the mean
            over the 8 kinds that are most frequent in the reference; see `mmd`.
        ``w1_bond``: first Wasserstein distance of the bond lengths in Å, which needs no kernel.
        ``kinds_missing``: share of the 24 kinds that no generated molecule has.

    Source: the definition of Huang et al., "Learning Joint 2D & 3D Diffusion Models for Complete
    Molecule Generation" (JODO), IEEE TNNLS 2024, whose kinds are the most frequent of QM9. Bonds
    are read off the distances here.
    """

    judges_sets = True
    keys = ("mmd_bond", "mmd_angle", "mmd_dihedral", "w1_bond", "kinds_missing")

    def __call__(self, generated: Sequence[Data], *, reference: Sequence[Data]) -> dict[str, float]:
        """Compare molecules with ``z`` [num_nodes] and ``pos`` [num_nodes, 3] in Å."""
        step = max(1, len(reference) // MOST_MOLECULES)
        real = internal_coordinates(list(reference)[::step][:MOST_MOLECULES])
        made = internal_coordinates(generated)
        pairs = [_paired(r, m) for r, m in zip(real, made, strict=True)]
        discrepancies = [_mean([mmd(m, r) for r, m in of_kind]) for of_kind in pairs]
        wanted = sum(min(KINDS, len(values)) for values in real)
        return {
            **dict(zip(self.keys, discrepancies, strict=False)),
            "w1_bond": _mean([float(wasserstein_distance(m, r)) for r, m in pairs[0]]),
            "kinds_missing": 1 - sum(map(len, pairs)) / wanted if wanted else float("nan"),
        }


def mmd(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Return the squared maximum mean discrepancy of two samples of numbers.

    Five Gaussian kernels exp(-d²/w), w = 2^i times the mean squared distance of the joined samples,
    i = -2 ... 2; the biased estimate, which is not negative.

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
        # A width twice as large takes the square root of the kernel.
        kernel = np.exp(-((a[:, None] - b[None, :]) ** 2) / (width * RATIO ** (KERNELS // 2)))
        total = kernel.mean()
        for _ in range(KERNELS - 1):
            kernel = kernel**RATIO
            total += kernel.mean()
        return float(total)

    value = similarity(first, first) + similarity(second, second) - 2 * similarity(first, second)
    return max(value, 0.0)


def _paired(real: Values, made: Values) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Real and generated values of the frequent kinds that both have."""
    frequent = sorted(real, key=lambda kind: (-len(real[kind]), kind))[:KINDS]
    return [(_thinned(real[kind]), _thinned(made[kind])) for kind in frequent if kind in made]


def _thinned(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return values[:: max(1, -(-values.size // MOST_VALUES))]


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else float("nan")
