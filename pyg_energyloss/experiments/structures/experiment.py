"""`energyloss compare`: models x losses on structures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from pyg_energyloss import registry
from pyg_energyloss.experiments.data import load_splits
from pyg_energyloss.experiments.experiment import Experiment, Measurement, Report
from pyg_energyloss.experiments.spec import Spec
from pyg_energyloss.experiments.structures.evaluation import evaluate
from pyg_energyloss.experiments.structures.sections import sections
from pyg_energyloss.experiments.structures.spec import StructureSpec
from pyg_energyloss.experiments.structures.tasks import make_task
from pyg_energyloss.experiments.structures.training import StructureTraining
from pyg_energyloss.experiments.summary import column
from pyg_energyloss.experiments.training import Training
from pyg_energyloss.files import npz_bytes, read_npz, read_or_set_aside, write_bytes
from pyg_energyloss.report.document import Row, Section

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
APART = "mean absolute error of the distances between atoms {} apart"


class StructureExperiment(Experiment):
    """Predicts structures from molecular graphs, or from noised structures."""

    name = "compare"
    title = "What the loss changes"
    spec_type = StructureSpec
    roles: ClassVar = {
        "model": "structure",
        "loss": "structure",
        "evaluator": "structure",
        "dataset": "structure",
    }
    group = "noise"
    columns = (
        column("bond_mae", "bonds", "Å", terminal=True, text=APART.format("one bond")),
        column("pair13_mae", "1-3", "Å", text=APART.format("two bonds")),
        column("pair14_mae", "1-4", "Å", text=APART.format("three bonds")),
        column(
            "rmsd",
            "RMSD",
            "Å",
            terminal=True,
            text="after the best superposition; mirror images and exchanges of equivalent atoms "
            "are allowed",
        ),
        column(
            "success",
            "<0.3 Å",
            "%",
            better="high",
            digits=1,
            terminal=True,
            text="share of molecules whose RMSD is below 0.3 Å",
        ),
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
        column("step_ms", "ms/step", better=None, digits=1, text="median time of a training step"),
        column(
            "peak_memory_mib",
            "MiB",
            better=None,
            digits=0,
            text="peak memory of the process, or of the GPU",
        ),
    )

    def build(self, spec: Spec, out: Path) -> Training:
        """A registered model with a registered loss on the task."""
        del out
        assert isinstance(spec, StructureSpec)  # noqa: S101 - for the type checker
        return StructureTraining(
            spec,
            registry.create("model", spec.model, **spec.model_options),
            registry.create("loss", spec.loss, **spec.loss_options),
            make_task(spec),
            load_splits(spec.dataset, spec.dataset_options),
        )

    def evaluate(
        self, training: Training, spec: Spec, folder: Path, report: Report
    ) -> list[Measurement]:
        """Errors on test molecules, at each noise level."""
        del report
        assert isinstance(training, StructureTraining)  # noqa: S101 - for the type checker
        assert isinstance(spec, StructureSpec)  # noqa: S101 - for the type checker
        found, structures = evaluate(
            training.network,
            training.splits["test"],
            training.task,
            spec,
            device=training.device,
        )
        write_bytes(folder / "structures.npz", npz_bytes(structures))
        return found

    def is_intact(self, spec: Spec, folder: Path) -> bool:
        """The structures to look at."""
        del spec
        return read_or_set_aside(folder / "structures.npz", read_npz) is not None

    def names(self, spec: Spec) -> list[tuple[str, str]]:
        """The evaluators too."""
        assert isinstance(spec, StructureSpec)  # noqa: S101 - for the type checker
        return [*super().names(spec), *(("evaluator", name) for name in spec.evaluators)]

    def labels(self, specs: Sequence[Spec]) -> dict[str, str]:
        """Model and loss; with noise levels a table for each."""
        denoise = any(getattr(spec, "levels", ()) for spec in specs)
        return {"model": "model", "loss": "loss", **({"noise": "noise"} if denoise else {})}

    def headline(self, specs: Sequence[Spec]) -> str:
        """Task, data and length."""
        first = specs[0]
        assert isinstance(first, StructureSpec)  # noqa: S101 - for the type checker
        seeds = ", ".join(str(seed) for seed in sorted({s.seed for s in specs}))
        data = "your structures" if first.dataset == "table" else first.dataset
        return f"{first.task} on {data}: {first.steps} steps of {first.batch_size}, seeds {seeds}"

    def describe(self, specs: Sequence[Spec]) -> str:
        """What the task is."""
        return f"{super().describe(specs)} {TASK_TEXT[vars(specs[0])['task']]}"

    def sections(
        self, results: Sequence[Mapping[str, Any]], rows: Sequence[Row], **more: Any
    ) -> list[Section]:
        """Errors, curves, and structures to turn."""
        return sections(results, rows, out=more["out"])
