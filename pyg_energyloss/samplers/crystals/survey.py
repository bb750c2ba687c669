"""What edge samplers give for structures: certificates and spectra."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pyg_energyloss.rigidity import Certificate, certify
from pyg_energyloss.rigidity.matrix import stiffness_matrix
from pyg_energyloss.samplers.base import EdgeSampler
from pyg_energyloss.samplers.sample import PairSample


class Points(NamedTuple):
    """Positions [num_nodes, 3] and bonds [2, num_bonds], None if they are not known."""

    pos: NDArray[np.float64]
    bonds: NDArray[np.int64] | None = None


def survey(
    structures: Sequence[Points], samplers: Mapping[str, EdgeSampler], *, seed: int = 0
) -> dict[str, list[Certificate]]:
    """One draw of each sampler for each structure, certified."""
    found: dict[str, list[Certificate]] = {}
    for name, sampler in samplers.items():
        rng = np.random.default_rng(seed)
        drawn = [(s, sampler.sample(s.pos, rng, bonds=s.bonds)) for s in structures]
        found[name] = [certify(d.pairs, s.pos, edge_weight=d.weight) for s, d in drawn]
    return found


def spectra(
    structure: Points, samplers: Mapping[str, EdgeSampler], *, seed: int = 0
) -> dict[str, list[float | None]]:
    """Hessian eigenvalues of one structure, k = 1, softest first; of all pairs first.

    Those of translations and rotations are left out; None stands for a mode that costs nothing.
    """
    pos, count = structure.pos, len(structure.pos)
    every = np.stack(np.triu_indices(count, 1))
    cases = {"all pairs": PairSample(every, np.ones(every.shape[1]))}
    for name, sampler in samplers.items():
        cases[name] = sampler.sample(pos, np.random.default_rng(seed), bonds=structure.bonds)
    motions = 6 if count > 2 else 5 if count == 2 else 3  # noqa: PLR2004 - of a solid, a rod, a point
    found: dict[str, list[float | None]] = {}
    for name, drawn in cases.items():
        values = np.linalg.eigvalsh(stiffness_matrix(drawn.pairs, pos, drawn.weight))[motions:]
        floor = 1e-9 * values[-1] if len(values) else 0.0
        label = f"{name} ({drawn.pairs.shape[1] / count:.1f} per atom)"
        found[label] = [float(v) if v > floor else None for v in values]
    return found
