"""What edge samplers give for structures: numbers per structure, a table, a plot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pyg_energyloss.report.plots import COLOURS, figure
from pyg_energyloss.rigidity import Certificate, certify
from pyg_energyloss.rigidity.matrix import stiffness_matrix
from pyg_energyloss.samplers import EdgeSampler, PairSample

#: Up to this many atoms the whole Hessian spectrum is drawn.
SPECTRUM_ATOMS = 400


@dataclass(frozen=True)
class Structure:
    """Positions [num_nodes, 3] in Å, bonds [2, num_bonds] if they are known, and a name."""

    name: str
    pos: NDArray[np.float64]
    bonds: NDArray[np.int64] | None = None


def survey(
    structures: Sequence[Structure], samplers: Mapping[str, EdgeSampler], *, seed: int = 0
) -> dict[str, list[Certificate]]:
    """One draw of each sampler for each structure, certified."""
    found: dict[str, list[Certificate]] = {}
    for name, sampler in samplers.items():
        rng = np.random.default_rng(seed)
        drawn = [(s, sampler.sample(s.pos, rng, bonds=s.bonds)) for s in structures]
        found[name] = [certify(d.pairs, s.pos, edge_weight=d.weight) for s, d in drawn]
    return found


def edge_table(found: Mapping[str, Sequence[Certificate]]) -> tuple[list[str], list[list[str]]]:
    """Column heads and one row per sampler, formatted."""
    columns = [
        "edges",
        "per atom",
        "rigid",
        "globally rigid",
        "certified here",
        "softest mode",
        "of complete",
        "condition",
    ]
    rows = []
    for name, reports in found.items():
        softest = [r.spectrum.smallest if r.spectrum.soft_modes == 0 else 0.0 for r in reports]
        whole = [r.complete.smallest for r in reports]
        ratio = [s / w for s, w in zip(softest, whole, strict=True) if w > 0]
        rows.append(
            [
                name,
                f"{np.mean([r.num_pairs / max(r.num_nodes, 1) for r in reports]):.2f}",
                f"{np.mean([r.rigid for r in reports]):.0%}",
                f"{np.mean([r.globally_rigid for r in reports]):.0%}",
                f"{np.mean([r.universally_rigid for r in reports]):.0%}",
                f"{np.median(softest):.2g}",
                f"{np.median(ratio):.1%}" if ratio else "-",
                f"{np.median([r.relative_condition for r in reports]):.3g}",
            ]
        )
    return columns, rows


def spectrum_plot(
    structure: Structure, samplers: Mapping[str, EdgeSampler], *, seed: int = 0
) -> Any:
    """Hessian eigenvalues of one structure with each sampler's edges, softest first."""
    made, grid = figure(figsize=(7, 4))
    axes = grid[0, 0]
    every = np.stack(np.triu_indices(len(structure.pos), 1))
    cases = {"all pairs": PairSample(every, np.ones(every.shape[1]))}
    for name, sampler in samplers.items():
        rng = np.random.default_rng(seed)
        cases[name] = sampler.sample(structure.pos, rng, bonds=structure.bonds)
    motions = 6 if len(structure.pos) > 2 else 0  # noqa: PLR2004 - translations, rotations
    for index, (name, drawn) in enumerate(cases.items()):
        matrix = stiffness_matrix(drawn.pairs, structure.pos, drawn.weight)
        values = np.linalg.eigvalsh(matrix)[motions:]
        values = np.where(values > 1e-9 * values[-1], values, np.nan)
        axes.semilogy(
            np.arange(1, len(values) + 1),
            values,
            color=COLOURS[index % len(COLOURS)],
            linewidth=1.6,
            label=f"{name} ({drawn.pairs.shape[1] / len(structure.pos):.1f} per atom)",
        )
    axes.set_xlabel("mode, softest first")
    axes.set_ylabel("eigenvalue of the Hessian, k = 1")
    axes.set_title(f"{structure.name}: {len(structure.pos)} atoms", loc="left")
    axes.legend(loc="lower right")
    return made
