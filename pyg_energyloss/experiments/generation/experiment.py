"""`energyloss generate`: generators of molecules, sampled and judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch

from pyg_energyloss import registry
from pyg_energyloss.data.write import write_extxyz, write_sdf
from pyg_energyloss.experiments.data import load_splits
from pyg_energyloss.experiments.experiment import Measurement, Report, seeds_of
from pyg_energyloss.experiments.generation.generator import WEIGHTS, make_diffusion
from pyg_energyloss.experiments.generation.sampling import chunks, sampled
from pyg_energyloss.experiments.generation.sections import sections
from pyg_energyloss.experiments.generation.spec import GeneratorSpec
from pyg_energyloss.experiments.generation.training import GeneratorTraining
from pyg_energyloss.experiments.summary import column, share
from pyg_energyloss.experiments.training_experiment import TrainingExperiment
from pyg_energyloss.files import read_npz, read_or_set_aside, write_json
from pyg_energyloss.metrics.generated import ceiling, judge
from pyg_energyloss.report.document import Row, Section

#: Real molecules that the ceiling is measured on.
CEILING_MOLECULES = 1000
STABLE = "bond orders read off the distances fill the valence"


class GeneratorExperiment(TrainingExperiment[GeneratorSpec, GeneratorTraining]):
    """Trains generators of molecules, samples from them, judges the samples."""

    name = "generate"
    title = "Generated molecules: what the loss changes"
    spec_type = GeneratorSpec
    roles: ClassVar = {
        "model": "denoiser",
        "loss": "structure",
        "evaluator": "set",
        "dataset": "structure",
    }
    given: ClassVar = {"model": {"types": 5}}
    columns = (
        share("atom_stable", "stable atoms", STABLE, terminal=True),
        share("molecule_stable", "stable mol.", "all atoms are stable", terminal=True),
        share("connected", "one piece", "by the same bonds"),
        share("valid", "valid", "RDKit accepts them", terminal=True),
        share("unique", "unique", "distinct SMILES of the valid"),
        share("novel", "novel", "not in the training data"),
        column("mmd_bond", "MMD bonds", text="squared maximum mean discrepancy from real lengths"),
        column("mmd_angle", "MMD angles", text="the same of angles"),
        column("mmd_dihedral", "MMD dihedrals", text="the same of dihedrals"),
        column("w1_bond", "W1 bonds", "Å", text="Wasserstein distance of bond lengths"),
    )
    note = (
        "Averaged and last: with averaged (EMA) and with the last weights. Real molecules: held "
        "out, the best that can be expected."
    )

    def build(self, spec: GeneratorSpec, out: Path) -> GeneratorTraining:
        """A registered denoiser with a registered loss."""
        del out
        splits = load_splits(spec.dataset, spec.dataset_options)
        elements = np.unique(splits["train"].table.z).tolist()
        diffusion = make_diffusion(spec, elements)
        loss = registry.create("loss", spec.loss, **spec.loss_options)
        return GeneratorTraining(spec, diffusion, loss, splits)

    def evaluate(
        self, training: GeneratorTraining, spec: GeneratorSpec, folder: Path, report: Report
    ) -> list[Measurement]:
        """Sample with averaged and with last weights, write the molecules, judge them."""
        train = training.splits["train"]
        counts = torch.diff(train.slices["pos"])
        about = {"spec": spec.to_dict(), "counts": counts, "elements": training.diffusion.elements}
        write_json(folder / "generator.json", about)
        real = [train[i] for i in range(len(train))]
        found: list[Measurement] = []
        for weights in WEIGHTS:
            diffusion = training.diffusion_of(weights)
            made = sampled(diffusion, counts, spec, folder / f"samples-{weights}", report)
            write_extxyz(folder / f"{weights}.extxyz", made)
            write_sdf(folder / f"{weights}.sdf", made)
            judged = judge(made, reference=real, evaluators=spec.evaluators)
            found.append({"labels": {"weights": weights}, "values": flat(judged)})
        return found

    def is_intact(self, spec: GeneratorSpec, folder: Path) -> bool:
        """The molecules to look at."""
        paths = [path for path, _ in chunks(spec, folder / "samples-averaged")]
        return all(read_or_set_aside(path, read_npz) is not None for path in paths)

    def is_whole(self, result: Mapping[str, Any]) -> bool:
        """What was left out for want of an extra is not done."""
        return not any("skipped" in m["values"] for m in result["measurements"])

    def baselines(self, spec: GeneratorSpec, out: Path) -> list[Measurement]:
        """What held-out real molecules score, against the training molecules."""
        del out
        splits = load_splits(spec.dataset, spec.dataset_options)
        train, test = splits["train"], splits["test"]
        held_out = [test[i] for i in range(min(CEILING_MOLECULES, len(test)))]
        real = [train[i] for i in range(len(train))]
        judged = ceiling(real, held_out, spec.evaluators)
        return [{"labels": {"generator": "real molecules", "weights": ""}, "values": flat(judged)}]

    def baseline_settings(self, spec: GeneratorSpec) -> dict[str, Any]:
        """The data and the judges."""
        return {
            "dataset": spec.dataset,
            "options": spec.dataset_options,
            "evaluators": list(spec.evaluators),
        }

    def describe(self, specs: Sequence[GeneratorSpec]) -> str:
        """Data, noise, samples and length."""
        first = specs[0]
        return (
            f"{first.dataset}: {first.steps} steps of {first.batch_size} molecules, "
            f"{first.schedule} noise, {first.prediction} predicted; {first.samples} molecules by "
            f"{first.sample_steps} {first.sampler} steps; {seeds_of(specs)}."
        )

    def sections(
        self, results: Sequence[Mapping[str, Any]], rows: Sequence[Row], **more: Any
    ) -> list[Section]:
        """Molecules, metrics, bond lengths, curves."""
        return sections(results, rows, more["baselines"], out=more["out"])


def flat(judged: Mapping[str, Mapping[str, Any]]) -> dict[str, float | None]:
    """Metrics of all evaluators in one dictionary; ``skipped`` if one was left out."""
    values: dict[str, float | None] = {}
    for of_one in judged.values():
        for name, value in of_one.items():
            if name == "skipped":
                values["skipped"] = 1.0
            elif isinstance(value, (int, float)):
                values[name] = float(value)
    return values
