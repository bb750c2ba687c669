"""``energyloss compare``: several models with several losses, one table, one report."""

from __future__ import annotations

import argparse
import sys
from typing import Any, ClassVar

from pyg_energyloss.cli.errors import UserError
from pyg_energyloss.cli.study_command import StudyCommand, Values
from pyg_energyloss.experiments.structures.spec import (
    EVALUATORS,
    LEVELS,
    LOSSES,
    MODELS,
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
#: Molecules for GFN2-xTB when they have 14 atoms; fewer of larger ones.
XTB_GRAPHS, QUICK_XTB_GRAPHS, XTB_ATOMS = 16, 4, 14


class Compare(StudyCommand):
    """Models x losses on structures."""

    name = "compare"
    spec_type = StructureSpec
    description, epilog = DESCRIPTION, EPILOG
    groups: ClassVar = {
        "what to compare": ("task", "dataset", "dataset_arg", "models", "losses", "levels"),
        "how long": ("steps", "batch_size", "seeds", "learning_rate", "eval_graphs", "quick"),
    }
    presets: ClassVar = {
        "steps": (400, 60),
        "batch_size": (BATCH_SIZE, BATCH_SIZE // 2),
        "seeds": ((0, 1), (0,)),
        "eval_graphs": (400, 60),
    }
    models, losses = MODELS, LOSSES
    own: ClassVar = {
        "models": {"help": "by name (default: {models}, those that are installed)"},
        "learning_rate": {"help": "peak for all runs (default: tuned for each, see the docs)"},
    }

    def installed(self) -> list[str]:
        """The default models that are there; the others are named."""
        from pyg_energyloss import registry

        there = registry.names("model")
        for name in self.models:
            if name not in there:
                remedy = f"pip install pyg-energyloss-{name}"
                print(f"energyloss: model {name!r} is left out: {remedy}", file=sys.stderr)
        return [name for name in self.models if name in there]

    def complete(self, options: argparse.Namespace, values: Values) -> Values:
        """Noise levels, and batches and evaluators that fit the size of the molecules."""
        from pyg_energyloss.experiments.data import load_splits

        denoise = options.task == "denoise"
        if options.levels and not denoise:
            raise UserError("--noise-levels goes with --task denoise")
        train = load_splits(values["dataset"], values["dataset_options"])["train"]
        atoms = train.z.numel() / len(train)
        if options.batch_size is None:
            fitting = max(1, min(BATCH_SIZE, round(BATCH_ATOMS / atoms)))
            values["batch_size"] = max(1, fitting // 2) if options.quick else fitting
        xtb = QUICK_XTB_GRAPHS if options.quick else XTB_GRAPHS
        evaluators = available_evaluators(xtb, atoms)
        if "stereo" in train.slices:  # without these tags no model can tell the hand
            evaluators["stereo"] = {}
        levels = (options.levels or LEVELS) if denoise else ()
        return {**values, "levels": levels, "evaluators": evaluators}

    def of_run(self, options: argparse.Namespace, values: Values, model: str, loss: str) -> Values:
        """The learning rate that the sweep found."""
        del options, values
        return {"learning_rate": learning_rate(model, loss)}


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


COMMAND = Compare()
configure, specs_of = COMMAND.configure, COMMAND.specs_of
