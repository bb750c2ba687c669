"""What a step of a training on proteins is."""

from __future__ import annotations

from pyg_energyloss.experiments.structures.training import StructureTraining


class ProteinTraining(StructureTraining):
    """`StructureTraining` whose curve looks at fewer structures, as these are large."""

    validation_graphs = 12
