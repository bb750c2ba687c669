"""``energyloss study``: any registered experiment, with its fields as KEY=VALUE."""

from __future__ import annotations

import argparse
from itertools import product
from typing import Any

from pyg_energyloss.cli.errors import UserError
from pyg_energyloss.cli.launch import (
    TRAINING,
    add_training,
    check_writable,
    launch,
    need_extras,
)
from pyg_energyloss.cli.study_command import every_run
from pyg_energyloss.cli.values import comma_list, key_values, seeds
from pyg_energyloss.experiments.spec import TrainingSpec

EPILOG = """\
examples:
  energyloss study spins size=4 train=100 test=20 steps=20 batch_size=8 learning_rate=1e-3 \\
      --models spin_cnn --losses local_field,true_energy --seeds 2
  energyloss plugins            lists the experiments, those of plugins too
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``energyloss study``."""
    parser.description = (
        "Run any registered experiment: every model with every loss and every seed; the other\n"
        "fields of a run are given as KEY=VALUE, those that are left out have their defaults."
    )
    parser.epilog = EPILOG
    parser.add_argument("experiment", help="registered name")
    parser.add_argument("fields", nargs="*", metavar="KEY=VALUE", help="fields of every run")
    parser.add_argument("--models", type=comma_list, metavar="A,B", required=True)
    parser.add_argument("--losses", type=comma_list, metavar="A,B", help="of trainings")
    parser.add_argument("--seeds", type=seeds, metavar="N|A,B", default=(0,), help="(1)")
    add_training(parser, "runs/study")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Make the runs, write, print; the exit code is 1 if a run failed."""
    need_extras("study", {"train": TRAINING})
    from pyg_energyloss import registry

    experiment: Any = registry.create("experiment", options.experiment)
    check_writable(options.out)
    fields = key_values(options.fields)
    training = issubclass(experiment.spec_type, TrainingSpec)
    if training != bool(options.losses):
        what = "needs --losses" if training else "trains with no losses: leave --losses out"
        raise UserError(f"the experiment {options.experiment!r} {what}")
    if training:
        specs = every_run(
            experiment.spec_type,
            options,
            options.models,
            options.losses,
            options.seeds,
            fields_of=lambda _model, _loss: dict(fields),
        )
    else:
        specs = [
            experiment.spec_type.from_dict({**fields, "model": model, "seed": number})
            for number, model in product(options.seeds, options.models)
        ]
    return launch(options.experiment, specs, options)
