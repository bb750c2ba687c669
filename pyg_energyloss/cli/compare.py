"""``energyloss compare``: several models with several losses, one table, one report."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from pyg_energyloss.cli.errors import UserError
from pyg_energyloss.cli.launch import (
    TRAINING,
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
from pyg_energyloss.cli.values import nested_options, noise_levels, positive
from pyg_energyloss.experiments.structures.spec import (
    EVALUATORS,
    LEVELS,
    LOSSES,
    MODELS,
    TASKS,
    StructureSpec,
    learning_rate,
)

DESCRIPTION = """\
Train every chosen model with every chosen loss, at equal numbers of optimiser steps and with equal
seeds, and compare them on held-out molecules. Writes results.json, metrics.csv, plots and a
self-contained report.html, and prints the table (mean ± standard deviation over seeds).

Tasks
  geometry  predict the 3D structure from the molecular graph; the target is randomly rotated
  denoise   recover a structure from a noised copy, at several noise levels

A run that was cut short continues where it stopped when the same command is given again; judging
otherwise (--eval-graphs, another evaluator installed) trains nothing again."""

EPILOG = """\
examples:
  energyloss compare                                   the default comparison, minutes on two cores
  energyloss compare --quick                           a first look in about a minute
  energyloss compare --models gnn --losses mse,energy --seeds 5
  energyloss compare --task denoise --noise-levels 0.1,0.5,1
  energyloss compare --dataset my_molecules.sdf --steps 2000
  energyloss compare --dataset qm9 --dataset-arg root=data/QM9 --steps 20000

names: `energyloss plugins` lists every model, loss and data set."""

BATCH_SIZE, BATCH_ATOMS = 64, 850
#: option -> value by default, and with --quick.
PRESETS: dict[str, tuple[Any, ...]] = {
    "steps": (400, 60),
    "batch_size": (BATCH_SIZE, BATCH_SIZE // 2),
    "seeds": ((0, 1), (0,)),
    "eval_graphs": (400, 60),
}
#: Molecules for GFN2-xTB when they have 14 atoms; fewer of larger ones.
XTB_GRAPHS, QUICK_XTB_GRAPHS, XTB_ATOMS = 16, 4, 14


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``energyloss compare``."""
    parser.description, parser.epilog = DESCRIPTION, EPILOG
    what = parser.add_argument_group("what to compare")
    what.add_argument("--task", choices=TASKS, default=TASKS[0])
    add_data(what)
    add_names(
        what,
        models=MODELS,
        losses=LOSSES,
        text=f"models by name (default: {','.join(MODELS)}, those that are installed)",
    )
    what.add_argument(
        "--noise-levels",
        type=noise_levels,
        metavar="S,S",
        help="denoise: standard deviations of the noise in Å "
        f"(default: {','.join(f'{level:g}' for level in LEVELS)})",
    )
    how = parser.add_argument_group("how long")
    add_length(how, PRESETS, rate="peak for all runs (default: tuned for each, see the docs)")
    how.add_argument(
        "--eval-graphs", type=positive, help=preset_help("test molecules", PRESETS, "eval_graphs")
    )
    how.add_argument(
        "--quick",
        action="store_true",
        help="the second values in the brackets, one seed",
    )
    add_execution(parser, "runs/compare")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Compare, write, print; the exit code is 1 if a run failed."""
    need_extras("compare", {"train": TRAINING})
    check_writable(options.out)
    return launch("compare", specs_of(options), options)


def specs_of(options: argparse.Namespace) -> list[StructureSpec]:
    """The runs, seed after seed, so that a comparison cut short is still one."""
    value = preset_values(options, PRESETS)
    if options.noise_levels and options.task != "denoise":
        raise UserError("--noise-levels goes with --task denoise")
    levels = (options.noise_levels or LEVELS) if options.task == "denoise" else ()
    models = options.models or _installed(options.default_models)
    registered("compare", "model", models)
    registered("compare", "loss", options.losses)
    of_models = nested_options(options.model_arg, "--model-arg", models)
    of_losses = nested_options(options.loss_arg, "--loss-arg", options.losses)
    dataset, dataset_options = dataset_of(options)
    atoms = _atoms(dataset, dataset_options)
    fitting = max(1, min(BATCH_SIZE, round(BATCH_ATOMS / atoms)))
    if options.batch_size is None:
        value["batch_size"] = max(1, fitting // 2) if options.quick else fitting
    xtb = QUICK_XTB_GRAPHS if options.quick else XTB_GRAPHS
    evaluators = available_evaluators(xtb, atoms)
    if _has_stereo(dataset, dataset_options):
        evaluators["stereo"] = {}
    return [
        StructureSpec(
            task=options.task,
            levels=tuple(levels),
            dataset=dataset,
            model=model,
            loss=loss,
            seed=seed,
            steps=value["steps"],
            batch_size=value["batch_size"],
            learning_rate=(
                learning_rate(model, loss)
                if options.learning_rate is None
                else options.learning_rate
            ),
            eval_graphs=value["eval_graphs"],
            evaluators=evaluators,
            dataset_options=dataset_options,
            model_options=of_models[model],
            loss_options=of_losses[loss],
        )
        for seed in value["seeds"]
        for model in models
        for loss in options.losses
    ]


def available_evaluators(xtb_graphs: int, atoms: float) -> dict[str, dict[str, Any]]:
    """Evaluators that are installed, with options; quantum chemistry on few, small molecules.

    Args:
        xtb_graphs: Molecules for GFN2-xTB if they have 14 atoms.
        atoms: Atoms of a molecule in the mean.
    """
    from pyg_energyloss import registry

    # The cost of GFN2-xTB grows with the square of the size or faster.
    fitting = max(1, min(xtb_graphs, round(xtb_graphs * (XTB_ATOMS / atoms) ** 2)))
    chosen: dict[str, dict[str, Any]] = {name: {} for name in EVALUATORS}
    reason = "pip install pyg-energyloss-ase"
    if "gfn2" in registry.names("evaluator"):
        try:
            registry.create("evaluator", "gfn2")
        except ImportError as error:
            reason = str(error)
        else:
            return {**chosen, "gfn2": {"max_graphs": fitting}}
    print(f"energyloss: xTB energies are left out: {reason}", file=sys.stderr)
    del chosen["gfn2"]
    return chosen


def _atoms(dataset: str, dataset_options: dict[str, Any]) -> float:
    from pyg_energyloss.experiments.data import load_splits

    train = load_splits(dataset, dataset_options)["train"]
    return float(train.z.numel() / len(train))


def _has_stereo(dataset: str, dataset_options: dict[str, Any]) -> bool:
    """Whether the molecules carry the tags without which no model can tell the hand."""
    from pyg_energyloss.experiments.data import load_splits

    return "stereo" in load_splits(dataset, dataset_options)["train"].data


def _installed(models: list[str]) -> list[str]:
    from pyg_energyloss import registry

    installed = registry.names("model")
    for name in models:
        if name not in installed:
            print(
                f"energyloss: model {name!r} is left out: pip install pyg-energyloss-{name}",
                file=sys.stderr,
            )
    return [name for name in models if name in installed]
