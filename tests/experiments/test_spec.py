"""What determines a run, and what does not."""

import json
import math
import pickle

import pytest

from .specs import SPECS, generator, spins, structure

pytest.importorskip("lightning", reason="training needs Lightning")


@pytest.mark.parametrize("make", SPECS.values(), ids=SPECS)
def test_specs_come_back_from_json_and_keys_tell_them_apart(make):
    one = make()
    assert type(one).from_dict(json.loads(json.dumps(one.to_dict()))) == one
    for change in ({"seed": 1}, {"steps": 11}, {"loss_options": {"a": 1}}):
        assert make(**change).key != one.key
    assert one.key.startswith(f"{one.model}-{one.loss}-seed0-")


@pytest.mark.parametrize(
    ("make", "change"),
    [
        (structure, {"eval_graphs": 7}),
        (structure, {"eval_split": "val"}),
        (structure, {"evaluators": {"geometry": {}, "gfn2": {"max_graphs": 2}}}),
        (structure, {"keep_structures": 0}),
        (generator, {"samples": 5}),
        (generator, {"sample_steps": 4, "sampler": "heun"}),
        (generator, {"evaluators": ("stability", "distributions")}),
        (spins, {"sweeps": 6}),
    ],
)
def test_how_a_run_is_judged_does_not_change_its_key(make, change):
    assert make(**change).key == make().key


@pytest.mark.parametrize(
    ("make", "change", "message"),
    [
        (structure, {"learning_rate": math.nan}, "`learning_rate` must be at least 0, got"),
        (structure, {"learning_rate": math.inf}, "`learning_rate` must be at least 0, got"),
        (structure, {"learning_rate": -1e-3}, "`learning_rate` must be at least 0, got"),
        (structure, {"steps": 0}, "`steps` must be at least 1"),
        (structure, {"seed": -1}, "`seed` must be at least 0 and below 4294967296"),
        (structure, {"seed": 2**32}, "`seed` must be at least 0 and below 4294967296"),
        (structure, {"task": "fold"}, "`task` must be one of geometry, denoise; got 'fold'"),
        (structure, {"levels": (0.1,)}, "`levels` are for the task denoise"),
        (structure, {"task": "denoise"}, "`levels` are for the task denoise, which needs some"),
        (structure, {"task": "denoise", "levels": (math.nan,)}, "`levels` must be positive"),
        (structure, {"eval_graphs": 0}, "`eval_graphs` must be at least 1"),
        (structure, {"eval_split": "train"}, "`eval_split` must be one of test, val; got 'train'"),
        (generator, {"schedule": "linear"}, "`schedule` must be one of"),
        (generator, {"prediction": "x0"}, "`prediction` must be one of"),
        (generator, {"sampler": "euler"}, "`sampler` must be one of"),
        (generator, {"precision": "8"}, "`precision` must be one of"),
        (generator, {"fraction": 0.0}, "`fraction` must be in"),
        (generator, {"fraction": math.nan}, "`fraction` must be in"),
        (generator, {"ema": 1.0}, "`ema` must be at least 0 and below 1, got 1"),
        (generator, {"samples": 0}, "`samples` must be at least 1"),
        (generator, {"position_weight": -1.0}, "`position_weight` must be at least 0, got -1"),
        (spins, {"periodic": True, "size": 2}, "`size` of a periodic lattice must be at least 3"),
        (spins, {"train": 0}, "`train` must be at least 1"),
        (spins, {"schedule": "linear"}, "`schedule` must be one of constant, cosine"),
        (spins, {"data_seed": -1}, "`data_seed` must be at least 0"),
    ],
)
def test_what_cannot_be_run_is_refused(make, change, message):
    with pytest.raises(ValueError, match=message):
        make(**change)


def test_a_refusal_crosses_processes_whole():
    with pytest.raises(ValueError, match="`samples` must be at least 1, got 0") as caught:
        generator(samples=0)
    again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - our own
    assert (str(again), again.field) == (str(caught.value), "samples")


def test_a_learning_rate_of_zero_stays_zero():
    assert structure(learning_rate=0.0).learning_rate == 0.0


def test_fields_that_are_unknown_or_missing_are_named():
    with pytest.raises(ValueError, match="has no field 'nope'; model, seed"):
        type(spins()).from_dict({**spins().to_dict(), "nope": 1})
    lacking = spins().to_dict()
    del lacking["size"]
    with pytest.raises(ValueError, match="a SpinSpec needs `size`"):
        type(spins()).from_dict(lacking)


def test_the_names_that_the_command_line_knows_without_torch_are_those_of_the_library():
    from pyg_energyloss import generative
    from pyg_energyloss.experiments.generation import spec

    assert set(spec.SCHEDULES) == set(generative.SCHEDULES)
    assert set(spec.PREDICTIONS) == set(generative.PREDICTIONS)
    assert set(spec.SAMPLERS) == set(generative.SAMPLERS)


def test_labels_tell_what_is_not_as_usual():
    made = generator(fraction=0.5, augment=False, schedule="flow", loss_options={"crossover": 1})
    assert made.label == (
        "gdm + energy_gated (crossover=1), 50 % of the data, not turned, flow matching"
    )
    assert made.title == f"{made.label}, seed 0"
