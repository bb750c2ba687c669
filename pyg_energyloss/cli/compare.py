"""``energyloss compare``: several models with several losses, one table, one report."""

from __future__ import annotations

import argparse
from pathlib import Path

from pyg_energyloss.cli.comparison import (
    available_evaluators,
    check_writable,
    chosen_models,
    dataset_of,
    noise_levels_of,
    processes,
    registered,
)
from pyg_energyloss.cli.outcome import TRAINING, check_finished, interrupted, need_extras
from pyg_energyloss.cli.values import comma_list, nested_options, noise_levels, positive, seeds

DESCRIPTION = """\
Train every chosen model with every chosen loss, at equal numbers of optimiser steps and with equal
seeds, and compare them on held-out molecules. Writes results.json, metrics.csv, plots and a
self-contained report.html, and prints the table (mean ± standard deviation over seeds).

Tasks
  geometry  predict the 3D structure from the molecular graph; the target is randomly rotated
  denoise   recover a structure from a noised copy, at several noise levels

A run that was cut short continues where it stopped when the same command is given again."""

EPILOG = """\
examples:
  energyloss compare                                   the default comparison, minutes on two cores
  energyloss compare --quick                           a first look in about a minute
  energyloss compare --models gnn --losses mse,energy --seeds 5
  energyloss compare --task denoise --noise-levels 0.1,0.5,1
  energyloss compare --dataset my_molecules.sdf --steps 2000
  energyloss compare --dataset qm9 --dataset-arg root=data/QM9 --steps 20000

names: `energyloss plugins` lists every model, loss and data set."""

STEPS, QUICK_STEPS = 400, 60
BATCH_SIZE, BATCH_ATOMS = 64, 850
SEEDS, QUICK_SEEDS = (0, 1), (0,)
GRAPHS, QUICK_GRAPHS = 400, 60
#: Molecules for GFN2-xTB when they have 14 atoms; fewer of larger ones.
XTB_GRAPHS, QUICK_XTB_GRAPHS = 16, 4


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``energyloss compare``."""
    from pyg_energyloss.training.defaults import LOSSES, MODELS

    parser.description, parser.epilog = DESCRIPTION, EPILOG
    what = parser.add_argument_group("what to compare")
    what.add_argument("--task", choices=("geometry", "denoise"), default="geometry")
    what.add_argument(
        "--dataset",
        default="qm9_small",
        metavar="NAME|PATH",
        help="a registered data set, or an extxyz, xyz or SDF file or folder (default: qm9_small)",
    )
    what.add_argument(
        "--models",
        type=comma_list,
        default=None,
        metavar="A,B",
        help=f"models by name (default: {','.join(MODELS)}, those that are installed)",
    )
    what.add_argument(
        "--losses",
        type=comma_list,
        default=list(LOSSES),
        metavar="A,B",
        help=f"losses by name (default: {','.join(LOSSES)})",
    )
    what.add_argument(
        "--noise-levels",
        type=noise_levels,
        default=None,
        metavar="S,S",
        help="denoise: standard deviations of the noise in Å (default: 0.1,0.25,0.5,1)",
    )
    how = parser.add_argument_group("how long")
    how.add_argument("--steps", type=positive, help=f"optimiser steps of each run ({STEPS})")
    how.add_argument(
        "--seeds", type=seeds, metavar="N|A,B", help="how many seeds, or which (default: 0,1)"
    )
    how.add_argument(
        "--batch-size",
        type=positive,
        help=f"molecules per step (default: about {BATCH_ATOMS} atoms, at most {BATCH_SIZE})",
    )
    how.add_argument("--eval-graphs", type=positive, help=f"test molecules ({GRAPHS})")
    how.add_argument(
        "--learning-rate",
        type=float,
        help="peak for all runs (default: tuned for each model and loss, see the docs)",
    )
    how.add_argument(
        "--quick",
        action="store_true",
        help=f"{QUICK_STEPS} steps of half the size, one seed, {QUICK_GRAPHS} test molecules",
    )
    where = parser.add_argument_group("where")
    where.add_argument("--out", type=Path, default=Path("runs/compare"), help="folder for results")
    where.add_argument(
        "--workers",
        type=positive,
        default=None,
        help="runs at a time (default: one per core, or one if there is a GPU)",
    )
    more = parser.add_argument_group("options of data sets and models")
    more.add_argument(
        "--dataset-arg", action="append", default=[], metavar="KEY=VALUE", help="may be repeated"
    )
    more.add_argument(
        "--model-arg",
        action="append",
        default=[],
        metavar="MODEL.KEY=VALUE",
        help="e.g. gnn.channels=128; may be repeated",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Compare, write, print; the exit code is 1 if a run failed."""
    need_extras("compare", {"train": TRAINING})
    from pyg_energyloss.report.comparison import print_comparison, write_report
    from pyg_energyloss.training.compare import Comparison, check_names, run_comparison

    check_writable(options.out)
    quick = options.quick
    dataset, dataset_options, splits = dataset_of(options)
    atoms = splits["train"].z.numel() / len(splits["train"])
    fitting = max(1, min(BATCH_SIZE, round(BATCH_ATOMS / atoms)))
    models = registered("model", chosen_models(options.models))
    losses = registered("loss", options.losses)
    levels = noise_levels_of(options)
    networks = nested_options(options.model_arg, "--model-arg", models)
    comparison = Comparison(
        task=options.task,
        dataset=dataset,
        models=models,
        losses=losses,
        seeds=options.seeds or (QUICK_SEEDS if quick else SEEDS),
        steps=options.steps or (QUICK_STEPS if quick else STEPS),
        batch_size=options.batch_size or (max(1, fitting // 2) if quick else fitting),
        eval_graphs=options.eval_graphs or (QUICK_GRAPHS if quick else GRAPHS),
        evaluators=available_evaluators(QUICK_XTB_GRAPHS if quick else XTB_GRAPHS, atoms),
        levels=levels,
        learning_rate=options.learning_rate,
        dataset_options=dataset_options,
        model_options=networks,
    )
    check_names(comparison)
    workers, threads = processes(options.workers, len(comparison.specs()))
    try:
        outcome = run_comparison(comparison, options.out, workers=workers, threads=threads)
    except KeyboardInterrupt:
        return interrupted(options.out)
    check_finished(outcome.results, outcome.errors)
    report = write_report(comparison, outcome, options.out)
    print_comparison(comparison, outcome)
    print(f"\nreport   {report}\nresults  {options.out / 'results.json'}")
    print(f"         {options.out / 'metrics.csv'}, plots in {options.out / 'plots'}")
    return int(bool(outcome.errors))
