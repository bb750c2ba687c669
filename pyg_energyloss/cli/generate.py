"""``energyloss generate``: train generators of molecules, sample, judge."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from importlib import util
from pathlib import Path
from typing import Any

from pyg_energyloss import registry
from pyg_energyloss.cli.comparison import (
    check_writable,
    dataset_of,
    model_options,
    processes,
    unique,
)
from pyg_energyloss.cli.errors import UserError
from pyg_energyloss.cli.outcome import TRAINING, check_finished, interrupted, need_extras
from pyg_energyloss.cli.values import comma_list, key_values, positive, seeds

DESCRIPTION = """\
Train generators of molecules by diffusion or flow matching, one for every model, loss and seed, at
equal numbers of optimiser steps; sample molecules from each; judge them by stability, validity and
the distributions of bond lengths, angles and dihedrals, beside what held-out real molecules score.
Writes generated molecules as .extxyz and .sdf, results.json, metrics.csv, plots and a
self-contained report.html, and prints the table (mean ± standard deviation over seeds).

A run that was cut short continues where it stopped when the same command is given again: training
from its last checkpoint, sampling from its last hundred molecules."""

EPILOG = """\
examples:
  energyloss generate                                   MSE, energy, gated energy; 1-2 h on 2 cores
  energyloss generate --quick                           a first look in a minute
  energyloss generate --models gdm,edm --losses mse,energy_gated --seeds 3
  energyloss generate --schedule flow --prediction flow --sampler heun --sample-steps 50
  energyloss generate --dataset my_molecules.sdf --steps 50000
  energyloss generate --dataset qm9 --dataset-arg root=data/QM9 --paper     the paper's; wants a GPU
  energyloss generate --sample-from runs/generate/runs/RUN --samples 1000   more from a trained one

names: `energyloss plugins` lists every model (gdm, edm, ...), loss, data set and evaluator."""

#: option -> value by default, with --quick, and with --paper.
PRESETS: dict[str, tuple[Any, Any, Any]] = {
    "steps": (10_000, 200, 586_000),
    "batch_size": (64, 32, 512),
    "seeds": ((0, 1, 2), (0,), (0, 1, 2)),
    "sample_steps": (100, 20, 1000),
    "samples": (500, 20, 10_000),
    "ema": (0.999, 0.99, 0.9999),
}
PAPER_MODEL = {"channels": 256, "layers": 9}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``energyloss generate``."""
    from pyg_energyloss.generative import PREDICTIONS, SAMPLERS, SCHEDULES
    from pyg_energyloss.training.generate_defaults import LOSSES, MODELS

    parser.description, parser.epilog = DESCRIPTION, EPILOG
    what = parser.add_argument_group("what to train")
    what.add_argument(
        "--dataset",
        default="qm9_small",
        metavar="NAME|PATH",
        help="a registered data set, or your extxyz, xyz or SDF file or folder (qm9_small)",
    )
    what.add_argument("--dataset-arg", action="append", default=[], metavar="KEY=VALUE")
    what.add_argument("--fraction", type=float, default=1.0, help="share of the data to train on")
    what.add_argument(
        "--models", type=comma_list, default=list(MODELS), metavar="A,B", help="denoisers (gdm)"
    )
    what.add_argument(
        "--losses",
        type=comma_list,
        default=list(LOSSES),
        metavar="A,B",
        help=f"by name (default: {', '.join(LOSSES)})",
    )
    process = parser.add_argument_group("noise and samples")
    process.add_argument(
        "--schedule",
        choices=sorted(SCHEDULES),
        default="polynomial",
        help="polynomial or cosine diffusion, or flow matching (polynomial)",
    )
    process.add_argument(
        "--prediction",
        choices=sorted(PREDICTIONS),
        help="what the denoiser outputs (velocity; noise with --paper)",
    )
    process.add_argument(
        "--sampler", choices=sorted(SAMPLERS), default="ancestral", help="(ancestral)"
    )
    process.add_argument("--sample-steps", type=positive, help=_preset("levels", "sample_steps"))
    process.add_argument("--samples", type=positive, help=_preset("molecules a run", "samples"))
    process.add_argument(
        "--no-augment", action="store_true", help="do not turn training molecules at random"
    )
    process.add_argument(
        "--sample-from", type=Path, metavar="RUN", help="only sample, from a trained run's folder"
    )
    how = parser.add_argument_group("how long")
    how.add_argument("--steps", type=positive, help=_preset("optimiser steps", "steps"))
    how.add_argument("--batch-size", type=positive, help=_preset("molecules a step", "batch_size"))
    how.add_argument("--seeds", type=seeds, metavar="N|A,B", help="how many, or which (3)")
    how.add_argument("--learning-rate", type=float, help="peak (2e-3; per loss with --paper)")
    how.add_argument(
        "--position-weight", type=float, help="of the structure loss (3; per loss with --paper)"
    )
    how.add_argument("--ema", type=float, help=_preset("decay of the averaged weights", "ema"))
    how.add_argument(
        "--precision",
        default="32-true",
        choices=("32-true", "bf16-mixed", "16-mixed", "64-true"),
        help="of the training (32-true)",
    )
    preset = how.add_mutually_exclusive_group()
    preset.add_argument("--quick", action="store_true", help="the second values in the brackets")
    preset.add_argument("--paper", action="store_true", help="the third, and the paper's network")
    judging = parser.add_argument_group("judging")
    judging.add_argument(
        "--evaluators", type=comma_list, metavar="A,B", help="of sets (all that are installed)"
    )
    where = parser.add_argument_group("where")
    where.add_argument("--out", type=Path, default=Path("runs/generate"), help="results folder")
    where.add_argument(
        "--workers",
        type=positive,
        help="runs at a time (default: one per core, or one if there is a GPU)",
    )
    more = parser.add_argument_group("options of models and losses; may be repeated")
    more.add_argument("--model-arg", action="append", default=[], metavar="MODEL.KEY=VALUE")
    more.add_argument("--loss-arg", action="append", default=[], metavar="LOSS.KEY=VALUE")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Train, sample, judge, write, print; the exit code is 1 if a run failed."""
    need_extras("generate", {"train": TRAINING})
    if options.sample_from is not None:
        return _sample_only(options)
    from pyg_energyloss.report.generate import print_generated, write_report
    from pyg_energyloss.training.generate_compare import check_names, run_generators

    check_writable(options.out)
    specs = _specs(options)
    check_names(specs)
    workers, threads = processes(options.workers, len(specs))
    try:
        generated = run_generators(specs, options.out, workers=workers, threads=threads)
    except KeyboardInterrupt:
        return interrupted(options.out)
    check_finished(generated.results, generated.errors)
    report = write_report(specs, generated, options.out)
    print_generated(specs, generated)
    print(f"\nreport    {report}\nresults   {options.out / 'results.json'}")
    print(f"molecules {options.out / 'runs'}/*/averaged.extxyz, .sdf")
    return int(bool(generated.errors))


def _preset(text: str, name: str) -> str:
    return f"{text} ({', '.join(map(str, PRESETS[name]))})"


def _specs(options: argparse.Namespace) -> list[Any]:
    from pyg_energyloss.training.generate_defaults import (
        LEARNING_RATE,
        POSITION_WEIGHT,
        paper_rate,
    )
    from pyg_energyloss.training.generate_spec import GenerateSpec

    column = 1 if options.quick else 2 if options.paper else 0
    value = {
        name: preset[column] if getattr(options, name) is None else getattr(options, name)
        for name, preset in PRESETS.items()
    }
    if not 0 < options.fraction <= 1:
        raise UserError(f"--fraction must be in (0, 1], got {options.fraction:g}")
    if not 0 <= value["ema"] < 1:
        raise UserError(f"--ema must be in [0, 1), got {value['ema']:g}")
    prediction = options.prediction or ("noise" if options.paper else "velocity")
    dataset, dataset_options, _ = dataset_of(options)
    of_models, of_losses = model_options(options.model_arg), _loss_options(options.loss_arg)
    common = GenerateSpec(
        dataset=dataset,
        model="",
        loss="",
        seed=0,
        steps=value["steps"],
        batch_size=value["batch_size"],
        learning_rate=LEARNING_RATE,
        position_weight=POSITION_WEIGHT,
        schedule=options.schedule,
        prediction=prediction,
        augment=not options.no_augment,
        ema=value["ema"],
        constant_rate=options.paper,
        precision=options.precision,
        sampler=options.sampler,
        sample_steps=value["sample_steps"],
        samples=value["samples"],
        evaluators=tuple(_evaluators(options.evaluators)),
        fraction=options.fraction,
        dataset_options=dataset_options,
    )
    specs = []
    for seed in value["seeds"]:
        for model in unique(options.models):
            for loss in unique(options.losses):
                rate, weight = (
                    paper_rate(model, loss) if options.paper else (LEARNING_RATE, POSITION_WEIGHT)
                )
                network = {**(PAPER_MODEL if options.paper else {}), **of_models.get(model, {})}
                specs.append(
                    replace(
                        common,
                        seed=seed,
                        model=model,
                        loss=loss,
                        learning_rate=options.learning_rate or rate,
                        position_weight=options.position_weight or weight,
                        model_options=network,
                        loss_options=of_losses.get(loss, {}),
                    )
                )
    return specs


def _evaluators(named: list[str] | None) -> list[str]:
    from pyg_energyloss.training.generate_defaults import EVALUATORS

    if named is not None:
        return unique(named)
    installed = registry.names("evaluator")
    chosen = [name for name in EVALUATORS if name in installed]
    if "validity" in chosen and not util.find_spec("rdkit"):
        chosen.remove("validity")
        print(
            "energyloss: validity is left out: pip install 'pyg-energyloss[chem]'", file=sys.stderr
        )
    return chosen


def _loss_options(arguments: list[str]) -> dict[str, dict[str, Any]]:
    nested: dict[str, dict[str, Any]] = {}
    for key, value in key_values(arguments).items():
        name, _, option = key.partition(".")
        if not option:
            raise UserError(f"--loss-arg must be LOSS.KEY=VALUE, got {key}={value}")
        nested.setdefault(name, {})[option] = value
    return nested


def _sample_only(options: argparse.Namespace) -> int:
    from pyg_energyloss.training.generate_run import sample_again

    count = options.samples or PRESETS["samples"][0]
    try:
        paths = sample_again(
            options.sample_from, options.out, count=count, sample_steps=options.sample_steps
        )
    except FileNotFoundError as error:
        raise UserError(str(error)) from error
    print("\n".join(map(str, paths)))
    return 0
