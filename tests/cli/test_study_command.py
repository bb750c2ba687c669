"""Options of the studies come from the fields of their specs."""

import argparse
import dataclasses

import pytest

from pyg_energyloss.cli.compare import Compare
from pyg_energyloss.cli.generate import Generate
from pyg_energyloss.cli.proteins import Proteins
from pyg_energyloss.cli.spins import Spins
from pyg_energyloss.cli.study_command import SHARED

COMMANDS = [Compare(), Generate(), Spins()]


def options_of(command):
    parser = argparse.ArgumentParser()
    command.configure(parser)
    return {action.dest: action for action in parser._actions}


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: c.name)
def test_every_option_is_a_field_or_explained_by_the_command(command):
    fields = {f.name for f in dataclasses.fields(command.spec_type)}
    for name in (name for names in command.groups.values() for name in names):
        assert name in fields or name in SHARED or name in command.own
    assert set(command.presets) <= set(options_of(command))


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: c.name)
def test_help_names_the_presets_and_choices_of_each_field(command):
    options = options_of(command)
    for name, values in command.presets.items():
        if name not in ("seeds", "prediction"):
            assert options[name].help.endswith(f"({', '.join(map(str, values))})")
    for field in dataclasses.fields(command.spec_type):
        if field.metadata.get("choices") and field.name in options:
            assert tuple(options[field.name].choices) == tuple(field.metadata["choices"])


def test_what_is_given_comes_before_what_the_paper_or_the_sweep_says():
    command = Generate()
    parser = argparse.ArgumentParser()
    command.configure(parser)
    given = ["--paper", "--learning-rate", "0", "--position-weight", "0", "--losses", "mse"]
    (spec,) = command.specs_of(parser.parse_args([*given, "--seeds", "0,", "--samples", "7"]))
    assert (spec.learning_rate, spec.position_weight, spec.samples) == (0.0, 0.0, 7)
    assert (spec.steps, spec.constant_rate) == (586_000, True)


@pytest.mark.parametrize(
    ("command", "name", "fits", "wrong", "message"),
    [
        (Proteins, "neighbours", "0", "-1", "a whole number of at least 0, got '-1'"),
        (Proteins, "steps", "1", "0", "a whole number of at least 1, got '0'"),
        (Generate, "ema", "0", "1", "a number of at least 0 and below 1, got '1'"),
        (Spins, "data_seed", "0", "4294967296", "at least 0 and below 4294967296, got '4294"),
    ],
)
def test_an_option_takes_what_its_field_takes(command, name, fits, wrong, message):
    read = options_of(command())[name].type
    assert read(fits) == float(fits)
    with pytest.raises(argparse.ArgumentTypeError, match=message):
        read(wrong)
