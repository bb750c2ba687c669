"""``energyloss generate``: train generators of molecules, sample, judge."""

from __future__ import annotations

import argparse
import sys
from importlib import util
from pathlib import Path
from typing import Any

from pyg_energyloss.cli.errors import UserError
from pyg_energyloss.cli.launch import (
    TRAINING,
    Preparing,
    add_data,
    add_execution,
    add_length,
    add_names,
    check_writable,
    dataset_of,
    launch,
    need_extras,
    preset_help,
    preset_values,
    registered,
)
from pyg_energyloss.cli.values import comma_list, nested_options, not_negative, positive
from pyg_energyloss.experiments.generation.spec import (
    EVALUATORS,
    LEARNING_RATE,
    LOSSES,
    MODELS,
    PAPER_MODEL,
    POSITION_WEIGHT,
    PRECISIONS,
    PREDICTIONS,
    SAMPLERS,
    SCHEDULES,
    GeneratorSpec,
    paper_rate,
)

DESCRIPTION = """\
Train generators of molecules by diffusion or flow matching, one for every model, loss and seed, at
equal numbers of optimiser steps; sample molecules from each; judge them by stability, validity and
the distributions of bond lengths, angles and dihedrals, beside what held-out real molecules score.
Writes generated molecules as .extxyz and .sdf, results.json, metrics.csv, plots and a
self-contained report.html, and prints the table (mean ± standard deviation over seeds).

A run that was cut short continues where it stopped when the same command is given again: training
from its last checkpoint, sampling from its last hundred molecules. More samples, another sampler or
other evaluators train nothing again."""

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
PRESETS: dict[str, tuple[Any, ...]] = {
    "steps": (10_000, 200, 586_000),
    "batch_size": (64, 32, 512),
    "seeds": ((0, 1, 2), (0,), (0, 1, 2)),
    "sample_steps": (100, 20, 1000),
    "samples": (500, 20, 10_000),
    "ema": (0.999, 0.99, 0.9999),
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``energyloss generate``."""
    parser.description, parser.epilog = DESCRIPTION, EPILOG
    what = parser.add_argument_group("what to train")
    add_data(what)
    what.add_argument("--fraction", type=float, default=1.0, help="share of the data to train on")
    add_names(what, models=MODELS, losses=LOSSES, text=f"denoisers ({','.join(MODELS)})")
    process = parser.add_argument_group("noise and samples")
    process.add_argument(
        "--schedule",
        choices=SCHEDULES,
        default="polynomial",
        help="polynomial or cosine diffusion, or flow matching (polynomial)",
    )
    process.add_argument(
        "--prediction",
        choices=PREDICTIONS,
        help="what the denoiser outputs (velocity; noise with --paper)",
    )
    process.add_argument("--sampler", choices=SAMPLERS, default="ancestral", help="(ancestral)")
    process.add_argument(
        "--sample-steps", type=positive, help=preset_help("levels", PRESETS, "sample_steps")
    )
    process.add_argument(
        "--samples", type=positive, help=preset_help("molecules a run", PRESETS, "samples")
    )
    process.add_argument(
        "--no-augment", action="store_true", help="do not turn training molecules at random"
    )
    process.add_argument(
        "--sample-from", type=Path, metavar="RUN", help="only sample, from a trained run's folder"
    )
    how = parser.add_argument_group("how long")
    add_length(how, PRESETS, rate="peak (2e-3; per loss with --paper)")
    how.add_argument(
        "--position-weight",
        type=not_negative,
        help="of the structure loss (3; per loss with --paper)",
    )
    how.add_argument(
        "--ema", type=float, help=preset_help("decay of the averaged weights", PRESETS, "ema")
    )
    how.add_argument(
        "--precision", default=PRECISIONS[0], choices=PRECISIONS, help="of the training (32-true)"
    )
    preset = how.add_mutually_exclusive_group()
    preset.add_argument("--quick", action="store_true", help="the second values in the brackets")
    preset.add_argument("--paper", action="store_true", help="the third, and the paper's network")
    judging = parser.add_argument_group("judging")
    judging.add_argument(
        "--evaluators", type=comma_list, metavar="A,B", help="of sets (all that are installed)"
    )
    add_execution(parser, "runs/generate")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Train, sample, judge, write, print; the exit code is 1 if a run failed."""
    need_extras("generate", {"train": TRAINING})
    check_writable(options.out)
    if options.sample_from is not None:
        return _sample_only(options)
    code = launch("generate", specs_of(options), options)
    print(f"molecules {options.out / 'runs'}/*/averaged.extxyz, .sdf")
    return code


def specs_of(options: argparse.Namespace) -> list[GeneratorSpec]:
    """The runs that the options ask for, seed after seed.

    Raises:
        UserError: an option is out of range, or names what is not run.
    """
    value = preset_values(options, PRESETS)
    if not 0 < options.fraction <= 1:
        raise UserError(f"--fraction must be in (0, 1], got {options.fraction:g}")
    if not 0 <= value["ema"] < 1:
        raise UserError(f"--ema must be in [0, 1), got {value['ema']:g}")
    models = registered("generate", "model", options.models or options.default_models)
    losses = registered("generate", "loss", options.losses)
    of_models = nested_options(options.model_arg, "--model-arg", models)
    of_losses = nested_options(options.loss_arg, "--loss-arg", losses)
    network = PAPER_MODEL if options.paper else {}
    dataset, dataset_options = dataset_of(options)
    evaluators = tuple(_evaluators(options.evaluators))
    specs = []
    for seed in value["seeds"]:
        for model in models:
            for loss in losses:
                rate, weight = LEARNING_RATE, POSITION_WEIGHT
                if options.paper:
                    rate, weight = paper_rate(model, loss)
                specs.append(
                    GeneratorSpec(
                        dataset=dataset,
                        model=model,
                        loss=loss,
                        seed=seed,
                        steps=value["steps"],
                        batch_size=value["batch_size"],
                        learning_rate=_given(options.learning_rate, rate),
                        position_weight=_given(options.position_weight, weight),
                        schedule=options.schedule,
                        prediction=options.prediction or ("noise" if options.paper else "velocity"),
                        augment=not options.no_augment,
                        ema=value["ema"],
                        constant_rate=options.paper,
                        precision=options.precision,
                        sampler=options.sampler,
                        sample_steps=value["sample_steps"],
                        samples=value["samples"],
                        evaluators=evaluators,
                        fraction=options.fraction,
                        dataset_options=dataset_options,
                        model_options={**network, **of_models[model]},
                        loss_options=of_losses[loss],
                    )
                )
    return specs


def _given(value: float | None, otherwise: float) -> float:
    return otherwise if value is None else value


def _evaluators(named: list[str] | None) -> list[str]:
    if named is not None:
        return named
    if util.find_spec("rdkit"):
        return list(EVALUATORS)
    print("energyloss: validity is left out: pip install 'pyg-energyloss[chem]'", file=sys.stderr)
    return [name for name in EVALUATORS if name != "validity"]


def _sample_only(options: argparse.Namespace) -> int:
    from pyg_energyloss.experiments.generation.sampling import sample_again

    count = _given(options.samples, PRESETS["samples"][0])
    try:
        with Preparing() as progress:
            paths = sample_again(
                options.sample_from,
                options.out,
                count=int(count),
                report=progress.show,
                sample_steps=options.sample_steps,
            )
    except FileNotFoundError as error:
        raise UserError(str(error)) from error
    print("\n".join(map(str, paths)))
    return 0
