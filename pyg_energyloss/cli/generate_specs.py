"""What `energyloss generate` makes of its options: the runs."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from importlib import util
from typing import Any

from pyg_energyloss import registry
from pyg_energyloss.cli.comparison import dataset_of, registered, unique
from pyg_energyloss.cli.errors import UserError
from pyg_energyloss.cli.values import nested_options

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


def specs_of(options: argparse.Namespace) -> list[Any]:
    """The runs that the options ask for, seed after seed.

    Raises:
        UserError: an option is out of range, or names what is not run.
    """
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
    models, losses = registered("model", options.models), registered("loss", options.losses)
    of_models = nested_options(options.model_arg, "--model-arg", models)
    of_losses = nested_options(options.loss_arg, "--loss-arg", losses)
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
        for model in models:
            for loss in losses:
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
