"""``energyloss generate``: train generators of molecules, sample, judge."""

from __future__ import annotations

import argparse
from pathlib import Path

from pyg_energyloss.cli.comparison import check_writable, processes
from pyg_energyloss.cli.errors import UserError
from pyg_energyloss.cli.generate_specs import PRESETS, specs_of
from pyg_energyloss.cli.outcome import TRAINING, check_finished, interrupted, need_extras
from pyg_energyloss.cli.values import comma_list, positive, seeds

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
    specs = specs_of(options)
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


def _sample_only(options: argparse.Namespace) -> int:
    from pyg_energyloss.training.generate_sampling import sample_again

    count = options.samples or PRESETS["samples"][0]
    try:
        paths = sample_again(
            options.sample_from, options.out, count=count, sample_steps=options.sample_steps
        )
    except FileNotFoundError as error:
        raise UserError(str(error)) from error
    print("\n".join(map(str, paths)))
    return 0
