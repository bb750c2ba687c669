"""`energyloss crystals`: models x losses on crystals."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from pyg_energyloss import registry
from pyg_energyloss.data.crystals import CrystalDataset
from pyg_energyloss.experiments.crystals.evaluation import evaluate, matcher_is_there, start_of
from pyg_energyloss.experiments.crystals.sections import DRAWN, sections
from pyg_energyloss.experiments.crystals.spec import CrystalSpec
from pyg_energyloss.experiments.crystals.tasks import make_task
from pyg_energyloss.experiments.crystals.training import CrystalTraining
from pyg_energyloss.experiments.data import load_splits
from pyg_energyloss.experiments.experiment import Measurement, Report
from pyg_energyloss.experiments.spec import TrainingSpec
from pyg_energyloss.experiments.summary import column, cost
from pyg_energyloss.experiments.training_experiment import TrainingExperiment
from pyg_energyloss.files import npz_bytes, write_bytes
from pyg_energyloss.losses.parts.arithmetic import terms
from pyg_energyloss.report.document import Row, Section

TASK_TEXT = {
    "denoise": "Task denoise: recover the crystal from a copy with Gaussian noise on every atom.",
    "composition": (
        "Task composition: predict the crystal from its elements; the atoms start at random places "
        "in the cell, and their order in the file tells sites of one element apart."
    ),
}
LATTICE_TEXT = {
    "given": "The cell is given.",
    "predicted": "The cell is predicted too, from a strained copy (denoise) or a cube.",
}
#: Options that a loss must take where the lattice is predicted.
PREDICTED = "cell_pred"


class CrystalExperiment(TrainingExperiment[CrystalSpec, CrystalTraining]):
    """Predicts crystals from noised copies, or from their composition."""

    name = "crystals"
    title = "Crystals: what the loss changes"
    spec_type = CrystalSpec
    roles: ClassVar = {"model": "crystal", "loss": "structure", "dataset": "crystal"}
    group = "noise"
    leaves = (DRAWN,)
    columns = (
        column(
            "distance_mae",
            "distances",
            "Å",
            terminal=True,
            text="mean absolute error of the distances to all images within 2.4 mean spacings",
        ),
        column(
            "match",
            "match",
            "%",
            better="high",
            digits=1,
            terminal=True,
            text="match rate of CDVAE: pymatgen's StructureMatcher, stol 0.5, angle_tol 10, "
            "ltol 0.3",
        ),
        column(
            "rmsd",
            "RMSD",
            terminal=True,
            text="of the matched crystals, in units of the mean spacing of atoms",
        ),
        column(
            "metre",
            "METRe",
            "%",
            better="high",
            digits=1,
            text="share of test crystals that some prediction matches (arXiv 2509.12178)",
        ),
        column(
            "crmse",
            "cRMSE",
            text="least RMSD of each test crystal to a prediction, 0.5 where none matches",
        ),
        column("length_mae", "lengths", "Å", text="mean absolute error of the lattice lengths"),
        column(
            "angle_mae", "angles", "°", digits=2, text="mean absolute error of the lattice angles"
        ),
        column("volume_error", "volume", "%", digits=1, text="mean relative error of the volume"),
        cost("step_ms", "ms/step", "median time of a training step"),
        cost("peak_memory_mib", "MiB", "peak memory of the process, or of the GPU", digits=0),
    )

    def build(self, spec: CrystalSpec, out: Path) -> CrystalTraining:
        """A registered model with a registered loss on the task.

        Raises:
            ValueError: the data are no crystals, or the loss takes no predicted lattice.
        """
        del out
        splits = crystal_splits(spec)
        loss = registry.create("loss", spec.loss, **spec.loss_options)
        if spec.lattice == "predicted" and not takes_lattice(loss):
            raise ValueError(
                f"the loss {spec.loss!r} takes no predicted lattice; choose lattice=given, or a "
                "loss called as loss(pos_pred, data, cell_pred=...)"
            )
        network = registry.create("model", spec.model, **spec.model_options)
        return CrystalTraining(spec, network, loss, make_task(spec, volume_of(splits)), splits)

    def evaluate(
        self, training: CrystalTraining, spec: CrystalSpec, folder: Path, report: Report
    ) -> list[Measurement]:
        """Errors on test crystals, at each noise level."""
        del report
        found, drawn = evaluate(
            training.network, training.splits["test"], training.task, spec, device=training.device
        )
        write_bytes(folder / DRAWN, npz_bytes(drawn))
        return found

    def baselines(self, spec: CrystalSpec, out: Path) -> list[Measurement]:
        """The inputs as they are."""
        del out
        splits = crystal_splits(spec)
        task = make_task(spec, volume_of(splits))
        found, _ = evaluate(start_of, splits["test"], task, spec, device=splits["test"].z.device)
        labels = {"model": "none", "loss": "the input as it is"}
        return [{"labels": {**labels, **m["labels"]}, "values": m["values"]} for m in found]

    def baseline_settings(self, spec: CrystalSpec) -> dict[str, Any]:
        """The task, the data and how they are judged."""
        plain = spec.to_dict()
        names = ("task", "lattice", "levels", "dataset", "dataset_options", "eval_graphs")
        return {name: plain[name] for name in (*names, "match_graphs")}

    def is_whole(self, result: Mapping[str, Any]) -> bool:
        """Whether the matcher has judged, if it is installed."""
        judged = all("match" in m["values"] for m in result["measurements"])
        return judged or not matcher_is_there()

    def describe(self, specs: Sequence[CrystalSpec]) -> str:
        """Task, data and length."""
        first = specs[0]
        about = f"{TASK_TEXT[first.task]} {LATTICE_TEXT[first.lattice]}"
        return f"{first.task}, lattice {first.lattice}, on {super().describe(specs)} {about}"

    def sections(
        self, results: Sequence[Mapping[str, Any]], rows: Sequence[Row], **more: Any
    ) -> list[Section]:
        """Errors, curves and pictures."""
        return sections(results, rows, more["out"])


def crystal_splits(spec: TrainingSpec) -> dict[str, CrystalDataset]:
    """The crystals of a run by split.

    Raises:
        ValueError: they are no crystals.
    """
    splits = load_splits(spec.dataset, spec.dataset_options)
    if not all(isinstance(part, CrystalDataset) for part in splits.values()):
        raise ValueError(
            f"the dataset {spec.dataset!r} holds no crystals; choose one such as perov_5_small, "
            "carbon_24_small, perov_5, carbon_24 or mp_20"
        )
    return splits


def volume_of(splits: Mapping[str, CrystalDataset]) -> float:
    """Mean volume of an atom of the training crystals, Å³."""
    train = splits["train"]._data  # noqa: SLF001 - `.data` warns on access
    return float(train.cell.det().abs().sum() / len(train.z))


def takes_lattice(loss: Any) -> bool:
    """Whether a loss, and every part of a sum, can be called with a predicted lattice.

    >>> (
    ...     takes_lattice(registry.create("loss", "energy")),
    ...     takes_lattice(registry.create("loss", "mse")),
    ... )
    (True, False)
    """
    calls = [getattr(part, "forward", part) for _, part in terms(loss)]
    return all(PREDICTED in inspect.signature(call).parameters for call in calls)
