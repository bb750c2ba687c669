"""`energyloss compare`: models x losses on structures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

from pyg_energyloss import registry
from pyg_energyloss.experiments.data import load_splits
from pyg_energyloss.experiments.experiment import Measurement, Report
from pyg_energyloss.experiments.structures.evaluation import evaluate
from pyg_energyloss.experiments.structures.sections import sections
from pyg_energyloss.experiments.structures.spec import StructureSpec
from pyg_energyloss.experiments.structures.tasks import make_task
from pyg_energyloss.experiments.structures.training import StructureTraining
from pyg_energyloss.experiments.summary import column, cost, share
from pyg_energyloss.experiments.training_experiment import TrainingExperiment, length_of
from pyg_energyloss.files import npz_bytes, write_bytes
from pyg_energyloss.report.document import Column, Row, Section

TASK_TEXT = {
    "geometry": (
        "Task geometry: predict the 3D structure from the molecular graph. The target is rotated "
        "at random, so no model can know its orientation; the coordinates that go in are noise."
    ),
    "denoise": (
        "Task denoise: recover the structure from a copy with Gaussian noise on every coordinate, "
        "in the same random orientation."
    ),
}
ALIGNED = (
    "after the best superposition; mirror images and exchanges of equivalent atoms are allowed"
)
ACCEPTABLE = (
    "share of molecules with all bonds within 0.1 Å, no clash, and all stereo right, in the "
    "structure or its mirror image"
)
CENTRES = "share of stereo centres that have the right hand, mean over the molecules that have one"
DOUBLE_BONDS = "share of stereo double bonds that are cis or trans as they should be"
APART = "mean absolute error of the distances between atoms {} apart"


#: Fields of a run.
S = TypeVar("S", bound=StructureSpec)


class StructureExperiment(TrainingExperiment[S, StructureTraining], Generic[S]):
    """Predicts structures from molecular graphs, or from noised structures."""

    name = "compare"
    title = "What the loss changes"
    spec_type = StructureSpec  # type: ignore[assignment] # unless a subclass has fields of its own
    roles: ClassVar = {
        "model": "structure",
        "loss": "structure",
        "evaluator": "structure",
        "dataset": "structure",
    }
    group = "noise"
    leaves = ("structures.npz", "molecules.npz")
    columns: ClassVar[Sequence[Column]] = (
        column("bond_mae", "bonds", "Å", terminal=True, text=APART.format("one bond")),
        column("pair13_mae", "1-3", "Å", text=APART.format("two bonds")),
        column("pair14_mae", "1-4", "Å", text=APART.format("three bonds")),
        column("distance_mae", "D-MAE", "Å", text="mean absolute error of all distances"),
        column("rmsd", "RMSD", "Å", terminal=True, text=ALIGNED),
        share("success", "<0.3 Å", "share of molecules whose RMSD is below 0.3 Å", terminal=True),
        share("lddt", "lDDT", "share of distances within 15 Å that are kept (lDDT)"),
        share("acceptable", "acceptable", ACCEPTABLE),
        share("right_centres", "centres", CENTRES),
        share("right_double_bonds", "E/Z", DOUBLE_BONDS),
        # Medians: one torn molecule can have thousands of eV.
        column(
            "median_energy_above_reference",
            "xTB",
            "eV",
            digits=1,
            text="GFN2-xTB energy above the true structure, median over a few molecules",
        ),
        column(
            "median_max_force",
            "force",
            "eV/Å",
            digits=1,
            text="largest GFN2-xTB force on an atom, median over a few molecules",
        ),
        cost("step_ms", "ms/step", "median time of a training step"),
        cost("peak_memory_mib", "MiB", "peak memory of the process, or of the GPU", digits=0),
    )

    def build(self, spec: S, out: Path) -> StructureTraining:
        """A registered model with a registered loss on the task."""
        del out
        return StructureTraining(
            spec,
            registry.create("model", spec.model, **spec.model_options),
            registry.create("loss", spec.loss, **spec.loss_options),
            make_task(spec),
            load_splits(spec.dataset, spec.dataset_options),
        )

    def evaluate(
        self, training: StructureTraining, spec: S, folder: Path, report: Report
    ) -> list[Measurement]:
        """Errors on held-out molecules, at each noise level."""
        del report
        splits = training.splits
        if spec.eval_dataset_options:
            options = {**spec.dataset_options, **spec.eval_dataset_options}
            splits = load_splits(spec.dataset, options)
        found = evaluate(
            training.network,
            splits[spec.eval_split],
            training.task,
            spec,
            device=training.device,
        )
        write_bytes(folder / "molecules.npz", npz_bytes(found.molecules))
        write_bytes(folder / "structures.npz", npz_bytes(found.structures))
        return found.measurements

    def describe(self, specs: Sequence[S]) -> str:
        """Task, data and length."""
        first = specs[0]
        data = "your structures" if first.dataset == "table" else first.dataset
        return f"{first.task} on {data}: {length_of(specs)}. {TASK_TEXT[first.task]}"

    def sections(
        self, results: Sequence[Mapping[str, Any]], rows: Sequence[Row], **more: Any
    ) -> list[Section]:
        """Errors, curves, and structures to turn."""
        return sections(results, rows, out=more["out"])
