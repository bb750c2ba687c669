"""`energyloss spins`: losses on Ising spin glasses with exact ground states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from pyg_energyloss import registry
from pyg_energyloss.experiments.experiment import Measurement, Report
from pyg_energyloss.experiments.spins.baselines import measure_baselines
from pyg_energyloss.experiments.spins.sections import sections
from pyg_energyloss.experiments.spins.spec import (
    FLIP_RULE,
    FLIP_SUFFIX,
    PAPER,
    REFERENCE,
    SpinSpec,
)
from pyg_energyloss.experiments.spins.training import SpinTraining
from pyg_energyloss.experiments.summary import column, cost, mean_of, moments, share
from pyg_energyloss.experiments.training_experiment import TrainingExperiment, length_of
from pyg_energyloss.files import npz_bytes, read_or_set_aside, write_bytes
from pyg_energyloss.report.document import Row, Section
from pyg_energyloss.spins import SpinSystems, generate_systems

EXCESS = (
    "energy of the prediction above the exact ground state, mean over test systems, in units of "
    "the largest coupling"
)
GREEDY = "the same after flipping single spins, the best one first, until no flip helps"


class SpinExperiment(TrainingExperiment[SpinSpec, SpinTraining]):
    """Predicts ground states of spin glasses from their couplings."""

    name = "spins"
    title = "Spins: what the loss changes"
    spec_type = SpinSpec
    roles: ClassVar = {"model": "spins", "loss": "spins"}
    leaves = ("predictions.npz",)
    told_if_several = ("model",)
    columns = (
        column("excess_energy", "excess energy", digits=2, terminal=True, text=EXCESS),
        column("excess_greedy", "after greedy", digits=2, terminal=True, text=GREEDY),
        column(
            "excess_zero_temperature",
            "after T=0",
            digits=2,
            text="the same after flipping independent sets in turn",
        ),
        share("satisfied", "satisfied", "bonds with J s s > 0"),
        column("overlap", "overlap", better="high", text="|mean of s y| with the ground state"),
        share("exact", "exact", "predictions that are a ground state", terminal=True),
        cost(
            "of_reference",
            "of cross-entropy",
            "excess energy relative to that of cross-entropy",
            digits=2,
        ),
        cost("paper", "paper, 16 x 16", "the paper's excess energy, after longer training"),
        cost(
            "paper_of_reference",
            "paper, of cross-entropy",
            "the paper's excess energy relative to that of its cross-entropy",
            digits=2,
        ),
    )

    def prepare(self, specs: Sequence[SpinSpec], out: Path, report: Report) -> None:
        """Draw the systems and find their ground states, unless they are there."""
        for spec in {s.file_name: s for s in specs}.values():
            path = _path(spec, out)
            if read_or_set_aside(path, SpinSystems.load) is None:
                generate_systems(
                    spec.train + spec.test,
                    spec.size,
                    periodic=spec.periodic,
                    seed=spec.data_seed,
                    workers=None,
                    progress=lambda done, of: report(done, of, "exact ground states", {}),
                ).save(path)

    def build(self, spec: SpinSpec, out: Path) -> SpinTraining:
        """A registered model with a registered loss on the systems."""
        base = spec.loss.removesuffix(FLIP_SUFFIX)
        flip = {"flip": FLIP_RULE} if base != spec.loss else {}
        systems = SpinSystems.load(_path(spec, out))
        model = registry.create("model", spec.model, **spec.model_options)
        loss = registry.create("loss", base, **{**flip, **spec.loss_options})
        return SpinTraining(spec, model, loss, systems)

    def evaluate(
        self, training: SpinTraining, spec: SpinSpec, folder: Path, report: Report
    ) -> list[Measurement]:
        """Scores of the predictions, and after relaxing them."""
        del report
        metrics, logits = training.scores(training.test, relax=True)
        kept = logits[: spec.keep_systems].numpy()
        write_bytes(folder / "predictions.npz", npz_bytes({"logits": kept}))
        return [{"labels": {}, "values": {k: float(v.mean()) for k, v in metrics.items()}}]

    def baselines(self, spec: SpinSpec, out: Path) -> list[Measurement]:
        """Random spins, the strongest bonds' tree, simulated annealing."""
        test = SpinSystems.load(_path(spec, out)).subset(slice(spec.train, None))
        return measure_baselines(test, sweeps=spec.sweeps, seed=spec.data_seed)

    def baseline_settings(self, spec: SpinSpec) -> dict[str, Any]:
        """The systems and the sweeps."""
        return {"systems": spec.file_name, "sweeps": spec.sweeps}

    def check_part(self, kind: str, name: str, options: Mapping[str, Any] | None = None) -> None:
        """Without the suffix of a loss."""
        super().check_part(kind, name.removesuffix(FLIP_SUFFIX), options)

    def describe(self, specs: Sequence[SpinSpec]) -> str:
        """Lattice, data and length; what is given and what is asked for."""
        first = specs[0]
        boundary = "periodic" if first.periodic else "open"
        return (
            f"{first.size} x {first.size} {boundary} lattice, {first.train} training and "
            f"{first.test} test systems, {length_of(specs)}. Networks are given the couplings of "
            "an Ising spin glass and predict its ground state; the targets are exact."
        )

    def derive(self, rows: Sequence[Row]) -> None:
        """Put each loss beside cross-entropy, and beside the paper."""
        base = {
            row["labels"]["model"]: mean_of(row, "excess_energy")
            for row in rows
            if row["labels"]["loss"] == REFERENCE
        }
        for row in rows:
            mean, reference = mean_of(row, "excess_energy"), base.get(row["labels"]["model"])
            if mean is not None and reference:
                row["values"]["of_reference"] = moments([mean / reference])
            if row["labels"]["loss"] in PAPER:
                found, sd = PAPER[row["labels"]["loss"]]
                row["values"]["paper"] = {"mean": found, "sd": sd, "n": 3, "values": []}
                row["values"]["paper_of_reference"] = moments([found / PAPER[REFERENCE][0]])

    def sections(
        self, results: Sequence[Mapping[str, Any]], rows: Sequence[Row], **more: Any
    ) -> list[Section]:
        """Excess energies, curves, configurations."""
        spec = SpinSpec.from_dict(results[0]["spec"])
        systems = SpinSystems.load(_path(spec, more["out"]))
        test = systems.subset(slice(spec.train, None))
        return sections(results, rows, more["baselines"], test, out=more["out"])


def _path(spec: SpinSpec, out: Path) -> Path:
    return out / "data" / spec.file_name
