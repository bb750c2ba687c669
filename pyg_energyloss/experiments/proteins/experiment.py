"""`energyloss proteins`: models x losses on fragments of proteins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from pathlib import Path
from typing import Any

from torch_geometric.transforms import Compose

from pyg_energyloss import registry
from pyg_energyloss.data.molecules import MoleculeDataset
from pyg_energyloss.experiments.data import load_splits
from pyg_energyloss.experiments.experiment import Measurement
from pyg_energyloss.experiments.proteins.spec import ProteinSpec
from pyg_energyloss.experiments.proteins.tasks import DenoiseProteins
from pyg_energyloss.experiments.proteins.training import ProteinTraining
from pyg_energyloss.experiments.structures.evaluation import evaluate
from pyg_energyloss.experiments.structures.experiment import ALIGNED, APART, StructureExperiment
from pyg_energyloss.experiments.structures.sections import sections
from pyg_energyloss.experiments.summary import column, cost
from pyg_energyloss.report.document import Row, Section
from pyg_energyloss.transforms import RigidEdgeTransform

#: Metrics that are drawn, with the head of their panel.
PANELS = (
    ("lddt", "lDDT"),
    ("clashes", "clashes per 1000 atoms"),
    ("rmsd", "RMSD after alignment / Å"),
    ("bond_mae", "bond lengths, MAE / Å"),
)
#: Seed of the edges that training fragments get; each access draws anew.
EDGE_SEED = 0


class ProteinExperiment(StructureExperiment[ProteinSpec]):
    """Recovers fragments of proteins from noised copies."""

    name = "proteins"
    title = "Proteins: what the loss changes"
    spec_type = ProteinSpec
    columns = (
        column(
            "lddt",
            "lDDT",
            better="high",
            terminal=True,
            text="share of distances below 15 Å that are kept within 0.5, 1, 2 and 4 Å",
        ),
        column(
            "clashes",
            "clashes",
            "/1000",
            digits=1,
            terminal=True,
            text="pairs four or more bonds apart that are 0.4 Å closer than 0.75 of their van der "
            "Waals radii, for each 1000 atoms",
        ),
        column("rmsd", "RMSD", "Å", terminal=True, text=ALIGNED),
        column("bond_mae", "bonds", "Å", terminal=True, text=APART.format("one bond")),
        column("pair13_mae", "1-3", "Å", text=APART.format("two bonds")),
        column("pair14_mae", "1-4", "Å", text=APART.format("three bonds")),
        column("distance_mae", "distances", "Å", text="mean absolute error of all distances"),
        cost("step_ms", "ms/step", "median time of a training step"),
        cost("peak_memory_mib", "MiB", "peak memory of the process, or of the GPU", digits=0),
    )

    def build(self, spec: ProteinSpec, out: Path) -> ProteinTraining:
        """A registered model with a registered loss on noised fragments."""
        del out
        splits = dict(protein_splits(spec))
        if spec.edges:
            drawn = RigidEdgeTransform(spec.edges, seed=EDGE_SEED)
            splits["train"] = with_transform(splits["train"], drawn)
        return ProteinTraining(
            spec,
            registry.create("model", spec.model, **spec.model_options),
            registry.create("loss", spec.loss, **spec.loss_options),
            task_of(spec),
            splits,
        )

    def baselines(self, spec: ProteinSpec, out: Path) -> list[Measurement]:
        """The noised copies as they are."""
        del out
        test = protein_splits(spec)[spec.eval_split]
        found = evaluate(
            lambda batch: batch.input_pos, test, task_of(spec), spec, device=test.z.device
        )
        labels = {"model": "none", "loss": "the input as it is"}
        return [
            {"labels": {**labels, **m["labels"]}, "values": m["values"]} for m in found.measurements
        ]

    def baseline_settings(self, spec: ProteinSpec) -> dict[str, Any]:
        """The data, the noise and how predictions are judged."""
        plain = spec.to_dict()
        names = ("levels", "dataset", "dataset_options", "eval_graphs", "eval_split", "evaluators")
        return {name: plain[name] for name in names}

    def describe(self, specs: Sequence[ProteinSpec]) -> str:
        """What the task is."""
        return (
            f"{super().describe(specs)} The structures are overlapping fragments of proteins; no "
            "protein is in two splits."
        )

    def sections(
        self, results: Sequence[Mapping[str, Any]], rows: Sequence[Row], **more: Any
    ) -> list[Section]:
        """Errors, curves, and structures to turn."""
        return sections(
            results,
            rows,
            out=more["out"],
            panels=PANELS,
            what="fragments",
            spec_type=self.spec_type,
        )


def task_of(spec: ProteinSpec) -> DenoiseProteins:
    """The task of a run."""
    return DenoiseProteins(spec.levels, neighbours=spec.neighbours)


def protein_splits(spec: ProteinSpec) -> dict[str, MoleculeDataset]:
    """The fragments of a run by split."""
    return load_splits(spec.dataset, spec.dataset_options)


def with_transform(data: MoleculeDataset, transform: RigidEdgeTransform) -> MoleculeDataset:
    """The same structures with a transform after their own, if they have one."""
    made = copy(data)
    made.transform = Compose([data.transform, transform]) if data.transform else transform
    return made
