"""``energyloss crystals``: models x losses on crystals, one table, one report."""

from __future__ import annotations

import argparse
from typing import Any

from pyg_energyloss.cli.errors import UserError
from pyg_energyloss.cli.launch import (
    TRAINING,
    add_data,
    add_execution,
    add_length,
    add_names,
    check_writable,
    launch,
    need_extras,
    preset_help,
    preset_values,
    registered,
)
from pyg_energyloss.cli.values import key_values, nested_options, noise_levels, positive
from pyg_energyloss.experiments.crystals.spec import (
    LATTICES,
    LEVELS,
    LOSSES,
    MODELS,
    TASKS,
    CrystalSpec,
    learning_rate,
)

DESCRIPTION = """\
Train every chosen model with every chosen loss on crystals, at equal numbers of optimiser steps and
with equal seeds, and compare them on held-out compositions (perovskites) or nets of bonds (carbon).
Writes results.json, metrics.csv, plots and a self-contained report.html, and prints the table
(mean ± standard deviation over seeds), with the input itself as a row below.

Tasks
  denoise      recover a crystal from a noised copy, at several noise levels; the copy says which
               site is which, so that there is one right answer
  composition  predict a crystal from its elements; the atoms start anywhere in the cell, and their
               order in the file is all that tells sites of one element apart

Losses
  crystal_mse          squared error to the nearest image of each atom
  crystal_aligned_mse  the same after the best translation of the whole crystal
  energy               springs to all images within 2.4 mean spacings, exponential stiffness
  energy_absolute      the same with |e| in place of e^2 / 2, stiffness 1/d^2

Match rate, RMSD, METRe and cRMSE need pymatgen: pip install 'pyg-energyloss[crystals]'."""

EPILOG = """\
examples:
  energyloss crystals --quick                     embedded perovskites, a first look in a minute
  energyloss crystals --dataset carbon_24_small --lattice predicted
  energyloss crystals --dataset perov_5 --dataset-arg path=perov_5/val.csv
  energyloss crystals --dataset mp_20 --dataset-arg path=mp_20 --steps 20000
  energyloss crystals --task composition --losses crystal_mse,energy

The csv files are those of CDVAE (github.com/txie-93/cdvae, data/); a folder with train.csv, val.csv
and test.csv keeps its splits. Names: `energyloss plugins` lists every model, loss and data set."""

#: option -> value by default, and with --quick.
PRESETS: dict[str, tuple[Any, ...]] = {
    "steps": (400, 40),
    "batch_size": (32, 16),
    "seeds": ((0, 1, 2), (0,)),
    "eval_graphs": (200, 10),
    "match_graphs": (40, 10),
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``energyloss crystals``."""
    parser.description, parser.epilog = DESCRIPTION, EPILOG
    what = parser.add_argument_group("what to compare")
    what.add_argument("--task", choices=TASKS, default=TASKS[0])
    what.add_argument(
        "--lattice",
        choices=LATTICES,
        default=LATTICES[0],
        help="the cell is given (default), or predicted from a strained copy or a cube",
    )
    add_data(what)
    what.set_defaults(dataset="perov_5_small")
    add_names(what, models=MODELS, losses=LOSSES, text=f"by name (default: {','.join(MODELS)})")
    what.add_argument(
        "--noise-levels",
        type=noise_levels,
        metavar="S,S",
        help="denoise: standard deviations of the noise in Å "
        f"(default: {','.join(f'{level:g}' for level in LEVELS)})",
    )
    how = parser.add_argument_group("how long")
    add_length(how, PRESETS, rate="peak for all runs (default: tuned for each, see the docs)")
    for name, text in (
        ("eval_graphs", "test crystals"),
        ("match_graphs", "of these, how many pymatgen's matcher judges, which is slow"),
    ):
        option = f"--{name.replace('_', '-')}"
        how.add_argument(option, type=positive, help=preset_help(text, PRESETS, name))
    how.add_argument(
        "--quick", action="store_true", help="the second values in the brackets, one seed"
    )
    add_execution(parser, "runs/crystals")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Compare, write, print; the exit code is 1 if a run failed."""
    need_extras("crystals", {"train": TRAINING})
    check_writable(options.out)
    return launch("crystals", specs_of(options), options)


def specs_of(options: argparse.Namespace) -> list[CrystalSpec]:
    """The runs, seed after seed, so that a comparison cut short is still one.

    Raises:
        UserError: an option does not go with another.
    """
    value = preset_values(options, PRESETS)
    if options.noise_levels and options.task != "denoise":
        raise UserError("--noise-levels goes with --task denoise")
    levels = (options.noise_levels or LEVELS) if options.task == "denoise" else ()
    models = registered("crystals", "model", options.models or options.default_models)
    losses = registered("crystals", "loss", options.losses)
    of_models = nested_options(options.model_arg, "--model-arg", models)
    of_losses = nested_options(options.loss_arg, "--loss-arg", losses)
    return [
        CrystalSpec(
            task=options.task,
            lattice=options.lattice,
            levels=tuple(levels),
            dataset=options.dataset,
            dataset_options=key_values(options.dataset_arg, "--dataset-arg"),
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
            match_graphs=value["match_graphs"],
            model_options=of_models[model],
            loss_options=of_losses[loss],
        )
        for seed in value["seeds"]
        for model in models
        for loss in losses
    ]
