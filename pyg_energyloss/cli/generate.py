"""``energyloss generate``: train generators of molecules, sample, judge."""

from __future__ import annotations

import argparse
import sys
from importlib import util
from pathlib import Path
from typing import ClassVar

from pyg_energyloss.cli.errors import UserError
from pyg_energyloss.cli.launch import check_writable, need_extras, preparing
from pyg_energyloss.cli.study_command import StudyCommand, Values
from pyg_energyloss.experiments.generation.spec import (
    EVALUATORS,
    LEARNING_RATE,
    LOSSES,
    MODELS,
    PAPER_MODEL,
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


class Generate(StudyCommand):
    """Molecules from noise."""

    name = "generate"
    spec_type = GeneratorSpec
    description, epilog = DESCRIPTION, EPILOG
    groups: ClassVar = {
        "what to train": ("dataset", "dataset_arg", "fraction", "models", "losses"),
        "noise and samples": (
            *("schedule", "prediction", "sampler", "sample_steps", "samples"),
            *("augment", "sample_from"),
        ),
        "how long": (
            *("steps", "batch_size", "seeds", "learning_rate", "position_weight", "ema"),
            *("precision", "quick", "paper"),
        ),
        "judging": ("evaluators",),
    }
    presets: ClassVar = {
        "steps": (10_000, 200, 586_000),
        "batch_size": (64, 32, 512),
        "seeds": ((0, 1, 2), (0,), (0, 1, 2)),
        "prediction": ("velocity", "velocity", "noise"),
        "sample_steps": (100, 20, 1000),
        "samples": (500, 20, 10_000),
        "ema": (0.999, 0.99, 0.9999),
    }
    models, losses = MODELS, LOSSES
    own: ClassVar = {
        "models": {"help": "denoisers (default: {models})"},
        "learning_rate": {"help": "peak (2e-3; per loss with --paper)"},
        "sample_from": {
            "type": Path,
            "metavar": "RUN",
            "help": "only sample, from a trained run's folder",
        },
        "paper": {"help": "the third, and the paper's network"},
    }

    def run(self, options: argparse.Namespace) -> int:
        """Train, sample, judge, write, print; the exit code is 1 if a run failed."""
        if options.sample_from is not None:
            need_extras(self.name, self.extras)
            check_writable(options.out)
            return _sample_only(options)
        code = super().run(options)
        print(f"molecules {options.out / 'runs'}/*/averaged.extxyz, .sdf")
        return code

    def complete(self, options: argparse.Namespace, values: Values) -> Values:
        """The evaluators that are installed; with --paper, a rate that stays."""
        evaluators = tuple(_evaluators(options.evaluators))
        return {**values, "evaluators": evaluators, "constant_rate": options.paper}

    def of_run(self, options: argparse.Namespace, values: Values, model: str, loss: str) -> Values:
        """Rate and weight of the structure loss; with --paper those of the paper's network."""
        del values
        if not options.paper:
            return {"learning_rate": LEARNING_RATE}
        rate, weight = paper_rate(model, loss)
        return {"learning_rate": rate, "position_weight": weight, "model_options": PAPER_MODEL}


def _evaluators(named: list[str] | None) -> list[str]:
    if named is not None:
        return named
    if util.find_spec("rdkit"):
        return list(EVALUATORS)
    print("energyloss: validity is left out: pip install 'pyg-energyloss[chem]'", file=sys.stderr)
    return [name for name in EVALUATORS if name != "validity"]


def _sample_only(options: argparse.Namespace) -> int:
    from pyg_energyloss.experiments.generation.sampling import sample_again

    count = options.samples or Generate.presets["samples"][0]
    try:
        with preparing() as show:
            paths = sample_again(
                options.sample_from,
                options.out,
                count=count,
                report=show,
                sample_steps=options.sample_steps,
            )
    except FileNotFoundError as error:
        raise UserError(str(error)) from error
    print("\n".join(map(str, paths)))
    return 0


COMMAND = Generate()
configure, specs_of = COMMAND.configure, COMMAND.specs_of
