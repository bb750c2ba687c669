"""The fields of a run on proteins, and the default that a sweep of learning rates found.

The sweep is part of ``benchmarks/proteins_study.py``.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyg_energyloss.experiments.spec import option
from pyg_energyloss.experiments.structures.spec import StructureSpec

MODELS = ("vector_gnn", "egnn")
LOSSES = ("mse", "kabsch", "lddt", "lddt_kabsch", "energy", "energy_absolute", "pair_energy")
LEVELS = (0.25, 0.5, 1.0)
EVALUATORS = ("distances", "clashes", "rmsd", "geometry")
#: The loss that reads the edges of the data, and the sampler that draws them.
SPARSE, SAMPLER = "pair_energy", "backbone"

#: Peak of each model with each loss that the sweep covered: better than 3e-2 on validation lDDT.
LEARNING_RATE = 1e-2


@dataclass(frozen=True, kw_only=True)
class ProteinSpec(StructureSpec):
    """One run on proteins.

    Raises:
        ValueError: the levels are missing or not positive, or a number is out of range.
    """

    task: str = option("denoise", "", choices=("denoise",))
    neighbours: int = option(
        12,
        "nearest atoms of the noised copy that each atom hears of, beside those up to 3 bonds away",
        least=0,
    )
    edges: str = option(
        "",
        "sampler of RigidEdgeTransform for the training fragments, redrawn at each access; a loss "
        "with edges=auto reads them (default: backbone for pair_energy, none for the others)",
        metavar="SAMPLER",
    )
