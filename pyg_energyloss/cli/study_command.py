"""A command that trains every model with every loss and every seed: options in, runs out."""

from __future__ import annotations

import argparse
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from itertools import product
from typing import Any, ClassVar

from pyg_energyloss.cli.errors import UserError
from pyg_energyloss.cli.launch import (
    TRAINING,
    add_training,
    check_writable,
    dataset_of,
    launch,
    need_extras,
)
from pyg_energyloss.cli.values import (
    comma_list,
    nested_options,
    noise_levels,
    number,
    seeds,
)
from pyg_energyloss.experiments.spec import FieldError, TrainingSpec

Values = dict[str, Any]

#: Type of a field -> reader of its option, or what makes the reader of a range.
READERS: dict[Any, Callable[[str], Any]] = {
    "str": str,
    "tuple[str, ...]": comma_list,
    "tuple[float, ...]": noise_levels,
}
NUMBERS: dict[Any, type[Any]] = {"int": int, "float": float}
#: Options that stand for no field, or for another one; in braces what a command takes by default.
SHARED: dict[str, Values] = {
    "dataset": {
        "default": "qm9_small",
        "metavar": "NAME|PATH",
        "help": "a registered data set, or a file or folder of structures (default: qm9_small)",
    },
    "dataset_arg": {
        "action": "append",
        "default": [],
        "metavar": "KEY=VALUE",
        "help": "may be repeated",
    },
    "models": {"type": comma_list, "metavar": "A,B", "help": "by name (default: {models})"},
    "losses": {"type": comma_list, "metavar": "A,B", "help": "losses by name (default: {losses})"},
    "seeds": {"type": seeds, "metavar": "N|A,B", "help": "how many, or which (default: {seeds})"},
    "quick": {"action": "store_true", "help": "the second values in the brackets, one seed"},
    "paper": {"action": "store_true", "help": "the third values in the brackets"},
}


class StudyCommand(ABC):
    """The options of a study, made from the fields of its spec, and the runs that they ask for."""

    #: Of the command and of its experiment.
    name: ClassVar[str]
    spec_type: ClassVar[type[TrainingSpec]]
    #: Above and below the options, in `--help`.
    description: ClassVar[str]
    epilog: ClassVar[str]
    #: Head -> options below it: fields of the spec, `SHARED`, or ``own``.
    groups: ClassVar[Mapping[str, Sequence[str]]]
    #: Option -> its value by default, with --quick, and with --paper.
    presets: ClassVar[Mapping[str, tuple[Any, ...]]]
    models: ClassVar[Sequence[str]]
    losses: ClassVar[Sequence[str]]
    #: Option -> what argparse is told, beyond what the field says.
    own: ClassVar[Mapping[str, Values]] = {}
    #: Extra -> modules that must be there.
    extras: ClassVar[Mapping[str, Sequence[str]]] = {"train": TRAINING}

    @abstractmethod
    def of_run(self, options: argparse.Namespace, values: Values, model: str, loss: str) -> Values:
        """Fields that depend on model and loss; what was given comes before them."""

    def complete(self, options: argparse.Namespace, values: Values) -> Values:
        """The values of all runs, from what was given and the presets."""
        del options
        return values

    def installed(self) -> Sequence[str]:
        """The models that are compared unless others are named."""
        return self.models

    def configure(self, parser: argparse.ArgumentParser) -> None:
        """Add the options of the command."""
        parser.description, parser.epilog = self.description, self.epilog
        for head, names in self.groups.items():
            group = parser.add_argument_group(head)
            for name in names:
                flag, told = self._argument(name)
                if name == "quick":
                    group = group.add_mutually_exclusive_group()  # with --paper, which follows
                group.add_argument(f"--{flag.replace('_', '-')}", dest=name, **told)
        add_training(parser, f"runs/{self.name}")
        parser.set_defaults(run=self.run)

    def run(self, options: argparse.Namespace) -> int:
        """Train, measure, write, print; the exit code is 1 if a run failed."""
        need_extras(self.name, self.extras)
        check_writable(options.out)
        return launch(self.name, self.specs_of(options), options)

    def specs_of(self, options: argparse.Namespace) -> list[Any]:
        """The runs, seed after seed, so that a study cut short is still one.

        Raises:
            UserError: an option is out of range, or names what is not run.
        """
        from pyg_energyloss import registry

        models, losses = options.models or self.installed(), options.losses or self.losses
        experiment = registry.create("experiment", self.name)
        for kind, names in (("model", models), ("loss", losses)):
            for name in names:
                experiment.check_part(kind, name)
        values = self._values(options)
        known = [f.name for f in fields(self.spec_type) if f.name in values]

        def fields_of(model: str, loss: str) -> Values:
            return {
                **self.of_run(options, values, model, loss),
                **{name: values[name] for name in known},
            }

        try:
            return every_run(
                self.spec_type, options, models, losses, values["seeds"], fields_of=fields_of
            )
        except FieldError as error:
            flag = self._argument(error.field)[0].replace("_", "-")
            raise UserError(f"--{flag} {error.told}") from error

    def _values(self, options: argparse.Namespace) -> Values:
        column = 1 if options.quick else 2 if getattr(options, "paper", False) else 0
        values: Values = {name: preset[column] for name, preset in self.presets.items()}
        for name in (name for group in self.groups.values() for name in group):
            if getattr(options, name) is not None:
                values[name] = getattr(options, name)
        if "dataset" in values:
            values["dataset"], values["dataset_options"] = dataset_of(options)
        return self.complete(options, values)

    def _argument(self, name: str) -> tuple[str, Values]:
        """Flag of an option, and what argparse is told of it."""
        field = next((f for f in fields(self.spec_type) if f.name == name), None)
        flag, told = name, {"default": None, **SHARED.get(name, {})}
        if name not in SHARED and field is not None:
            about = field.metadata
            flag, told["help"] = about["flag"] or name, about["text"]
            if field.type == "bool":
                told["action"] = "store_false" if field.default else "store_true"
            elif about["choices"]:
                told["choices"] = about["choices"]
            elif field.type in NUMBERS:
                limits = {"least": about["least"] or 0, "below": about["below"]}
                told["type"] = number(NUMBERS[field.type], **limits)
            else:
                told |= {"type": READERS[field.type], "metavar": about["metavar"]}
        told |= self.own.get(name, {})
        seeds = ",".join(map(str, self.presets["seeds"][0]))
        models, losses = ", ".join(self.models), ", ".join(self.losses)
        text = told["help"].format(models=models, losses=losses, seeds=seeds)
        if name in self.presets and "(" not in text:
            text += f" ({', '.join(map(str, self.presets[name]))})"
        return flag, {**told, "help": text}


def every_run(
    spec_type: type[TrainingSpec],
    options: argparse.Namespace,
    models: Sequence[str],
    losses: Sequence[str],
    numbers: Sequence[int],
    *,
    fields_of: Callable[[str, str], Values],
) -> list[Any]:
    """A run for each seed, model and loss, with the options of --model-arg and --loss-arg.

    Args:
        spec_type: Of a run.
        options: Of the command line.
        models: That are run.
        losses: That are run.
        numbers: Seeds.
        fields_of: Model and loss -> the other fields.
    """
    of_models = nested_options(options.model_arg, "--model-arg", models)
    of_losses = nested_options(options.loss_arg, "--loss-arg", losses)
    specs = []
    for seed, model, loss in product(numbers, models, losses):
        found = fields_of(model, loss)
        found["model_options"] = {**found.get("model_options", {}), **of_models[model]}
        found["loss_options"] = {**found.get("loss_options", {}), **of_losses[loss]}
        given = {**found, "model": model, "loss": loss, "seed": seed}
        specs.append(spec_type.from_dict(given))
    return specs
