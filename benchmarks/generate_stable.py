"""Stable molecules against training: generators of molecules of few heavy atoms, judged on the way.

One training for each loss and seed with a rate that stays, so that a longer one is the same run
continued. At 500, 1 000, 2 000, ... steps the averaged weights make molecules, which are judged.
A training cut short goes on. Writes ``benchmarks/results/generate_stable.json`` after each one.

    python benchmarks/generate_stable.py --work /tmp/stable --until 4000
    python benchmarks/generate_stable.py --work /tmp/stable --until 16000 --seeds 0, --losses mse
    python benchmarks/generate_stable.py --work /tmp/stable --until 64000 --fall 8000 --seeds 0, \
        --losses multiscale_gated             (a copy goes on for 8 000 steps with a falling rate)
"""

from __future__ import annotations

import argparse
import math
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import torch
from torch_geometric.data import Data

from pyg_energyloss.cli.values import comma_list, seeds
from pyg_energyloss.experiments.environment import environment
from pyg_energyloss.experiments.fitting.fit import AtomicCheckpoint, fit
from pyg_energyloss.experiments.generation.experiment import GeneratorExperiment, flat
from pyg_energyloss.experiments.generation.sampling import CHUNK
from pyg_energyloss.experiments.generation.spec import GeneratorSpec
from pyg_energyloss.experiments.generation.training import GeneratorTraining
from pyg_energyloss.experiments.stream import mixed_seed
from pyg_energyloss.files import read_or_set_aside, write_bytes, write_json
from pyg_energyloss.generative import SAMPLERS, MoleculeDiffusion, sample
from pyg_energyloss.metrics.generated import judge
from pyg_energyloss.metrics.generated.validity import smiles

RESULT = Path(__file__).parent / "results" / "generate_stable.json"
LOSSES = ("mse", "energy", "energy_gated", "multiscale_gated")
#: Steps after which molecules are made, and steps between two checkpoints.
JUDGED, KEPT = (500, 1000, 2000, 4000, 8000, 16000, 32000, 64000), 250


def spec(loss: str, seed: int) -> GeneratorSpec:
    """A run of the study; its steps are an upper bound."""
    return GeneratorSpec(
        dataset="qm7",
        dataset_options={"max_heavy_atoms": 3},
        model="vector_denoiser",
        model_options={"channels": 48, "layers": 3},
        loss=loss,
        seed=seed,
        steps=JUDGED[-1],
        constant_rate=True,
        batch_size=12,
        learning_rate=2e-3,
        type_scale=1.0,
        samples=300,
        evaluators=("stability", "validity"),
    )


class Judge(pl.Callback):
    """Makes and judges molecules after some steps, and stops after the last that is wanted.

    Args:
        run: What is trained.
        path: Rows so far, a file beside the checkpoint.
        until: Steps to stop after.
    """

    def __init__(self, run: GeneratorSpec, path: Path, until: int) -> None:
        self.run, self.path, self.until = run, path, until
        self.rows = rows_of(path)
        self.seconds = self.rows[-1]["cpu_seconds"] if self.rows else 0.0
        self._started = 0.0

    def state_dict(self) -> dict[str, Any]:
        """Time so far, for the checkpoint."""
        return {"seconds": self.seconds}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on counting from the checkpoint."""
        self.seconds = state_dict["seconds"]

    def on_train_batch_start(self, *_: Any) -> None:
        """Start the clock, which counts this process's time alone."""
        self._started = time.process_time()

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, *_: Any
    ) -> None:
        """Judge, if it is time."""
        self.seconds += time.process_time() - self._started
        step = trainer.global_step
        if step in JUDGED and all(row["step"] != step for row in self.rows):
            assert isinstance(pl_module, GeneratorTraining)  # noqa: S101 - for the type checker
            values = measured(pl_module, self.run)
            self.rows.append({"step": step, "cpu_seconds": round(self.seconds, 1), **values})
            known = read_or_set_aside(self.path) or {}
            write_json(self.path, {**known, "rows": self.rows})
            print(f"{self.run.loss} seed {self.run.seed}: {self.rows[-1]}", flush=True)
        trainer.should_stop = step >= self.until


class Fall(pl.Callback):
    """Lets the rate fall to zero by half a cosine.

    Args:
        peak: Where it starts.
        start: The step from which it falls.
        steps: How many it takes.
    """

    def __init__(self, peak: float, start: int, steps: int) -> None:
        self.peak, self.start, self.steps = peak, start, steps

    def on_train_batch_start(self, trainer: pl.Trainer, *_: Any) -> None:
        """Set the rate of this step."""
        done = min(1.0, (trainer.global_step - self.start) / self.steps)
        for group in trainer.optimizers[0].param_groups:
            group["lr"] = self.peak * 0.5 * (1 + math.cos(math.pi * done))


def rows_of(path: Path) -> list[dict[str, Any]]:
    """What was measured of a run so far."""
    rows: list[dict[str, Any]] = (read_or_set_aside(path) or {"rows": []})["rows"]
    return rows


def measured(training: GeneratorTraining, run: GeneratorSpec) -> dict[str, float | None]:
    """Judge molecules made with the averaged weights."""
    diffusion = training.diffusion_of("averaged")
    try:
        made = molecules(diffusion.eval(), training, run)
    finally:
        training.diffusion_of("last").train()
    train, test = training.splits["train"], training.splits["test"]
    real = [train[i] for i in range(len(train))]
    values = flat(judge(made, reference=real, evaluators=run.evaluators))
    values["found_train"], values["found_test"] = found(made, real), found(made, list(test))
    return values


def molecules(
    diffusion: MoleculeDiffusion, training: GeneratorTraining, run: GeneratorSpec
) -> list[Data]:
    """Make the molecules of a run, with as many atoms as training molecules have."""
    counts = torch.diff(training.splits["train"].slices["pos"])
    generator = torch.Generator().manual_seed(mixed_seed(run.seed, JUDGED[-1]))
    made: list[Data] = []
    for start in range(0, run.samples, CHUNK):
        size = min(CHUNK, run.samples - start)
        made += sample(
            diffusion,
            counts[torch.randint(len(counts), (size,), generator=generator)],
            steps=run.sample_steps,
            step=SAMPLERS[run.sampler],
            generator=generator,
        )
    return made


def found(made: list[Data], real: list[Data]) -> float:
    """Share of the real molecules, told apart by their SMILES, that are among those made."""
    known, have = ({s[0] for m in ms if (s := smiles(m)) is not None} for ms in (real, made))
    return len(known & have) / len(known)


def main() -> None:
    """Train as far as is asked, seed after seed, and write what is there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True, help="folder for the checkpoints")
    parser.add_argument("--losses", type=comma_list, default=list(LOSSES))
    parser.add_argument("--seeds", type=seeds, default=(0, 1, 2), metavar="N|A,B")
    parser.add_argument("--until", type=int, default=4000, help="steps")
    parser.add_argument("--fall", type=int, default=0, help="steps more, with a falling rate")
    options = parser.parse_args()
    torch.set_num_threads(1)
    for seed in options.seeds:
        for loss in options.losses:
            run = spec(loss, seed)
            folder = options.work / run.key
            rows = rows_of(folder / "rows.json")
            if not rows or rows[-1]["step"] < options.until:
                train(run, folder, options.until)
            if options.fall and fallen(folder, options.until, options.fall) is None:
                settle(run, folder, options.until, options.fall)
            write(options.work)


def train(run: GeneratorSpec, folder: Path, until: int) -> None:
    """Train from the last checkpoint on."""
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(run.seed)
    training = GeneratorExperiment().build(run, folder)
    kept = folder / "last.ckpt"
    watch = Judge(run, folder / "rows.json", until)
    fit(training, [watch, AtomicCheckpoint(kept, every=KEPT)], kept)


def settle(run: GeneratorSpec, folder: Path, until: int, steps: int) -> None:
    """Go on in a copy with a rate that falls to zero, judge, and keep the row.

    Raises:
        ValueError: the checkpoint is not of the step that is asked for.
    """
    kept, copy = folder / "last.ckpt", folder / f"fall-{until}-{steps}.ckpt"
    if not copy.exists():
        start = torch.load(kept, map_location="cpu", weights_only=True)["global_step"]
        if start != until:
            raise ValueError(
                f"`--fall` needs a run that ends at `--until`: {run.title} is at step {start}, "
                f"`--until` is {until}"
            )
        write_bytes(copy, kept.read_bytes())
    torch.manual_seed(run.seed)
    training = GeneratorExperiment().build(replace(run, steps=until + steps), folder)
    fit(training, [Fall(run.learning_rate, until, steps)], copy)
    values = measured(training, run)
    row = {"step": until, "fall": steps, **values}
    path = folder / "rows.json"
    known = read_or_set_aside(path) or {"rows": []}
    write_json(path, {**known, "fallen": [*known.get("fallen", []), row]})
    copy.unlink()
    print(f"{run.loss} seed {run.seed}: {row}", flush=True)


def fallen(folder: Path, until: int, steps: int) -> dict[str, Any] | None:
    """What was measured after a falling rate, if it was."""
    known = (read_or_set_aside(folder / "rows.json") or {}).get("fallen", [])
    same = [row for row in known if (row["step"], row["fall"]) == (until, steps)]
    return same[0] if same else None


def write(work: Path) -> None:
    """Write the rows of all runs that are there."""
    runs = []
    for seed in range(10):
        for loss in LOSSES:
            path = work / spec(loss, seed).key / "rows.json"
            if rows := rows_of(path):
                known = read_or_set_aside(path) or {}
                more = {"fallen": known["fallen"]} if "fallen" in known else {}
                runs.append({"loss": loss, "seed": seed, "rows": rows, **more})
    first = spec(runs[0]["loss"], runs[0]["seed"])
    shared = {k: v for k, v in first.to_dict().items() if k not in {"loss", "seed", "steps"}}
    real = GeneratorExperiment().baselines(first, work)
    write_json(
        RESULT,
        {
            "what": "Molecules made along trainings: qm7, at most 3 heavy atoms, averaged weights",
            "environment": environment(),
            "spec": shared,
            "ceiling": real[0]["values"],
            "runs": runs,
        },
    )


if __name__ == "__main__":
    main()
