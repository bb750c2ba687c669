import json
from itertools import islice

import pytest
import torch

pytest.importorskip("pymatching", reason="exact ground states need PyMatching")
pytest.importorskip("lightning", reason="training needs Lightning")
from pyg_energyloss.registry import UnknownNameError
from pyg_energyloss.spins import SpinSystems, generate_systems
from pyg_energyloss.training.spin_compare import (
    SpinComparison,
    check_names,
    prepare_data,
    summarise,
)
from pyg_energyloss.training.spin_module import (
    SpinHistory,
    SpinModule,
    SystemStream,
)
from pyg_energyloss.training.spin_run import (
    evaluate_baselines,
    load_result,
    make_loss,
    train_and_evaluate,
)
from pyg_energyloss.training.spin_spec import SpinData, SpinRunSpec

DATA = SpinData(size=3, periodic=False, train=40, test=10, seed=0)


def spec(**changes):
    options = {"seed": 0, "steps": 6, "batch_size": 8, "learning_rate": 1e-3}
    options |= {"model": "spin_cnn", "loss": "local_field+flip"} | changes
    return SpinRunSpec(data=DATA, model_options={"width": 4, "layers": 1}, **options)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("spins")
    prepare_data(DATA, out, workers=0)
    return out


def test_the_batch_of_a_step_depends_on_the_seed_and_the_step_alone():
    systems = generate_systems(10, 2, workers=0)
    whole = list(islice(SystemStream(systems, batch_size=4, seed=1), 7))
    rest = list(islice(SystemStream(systems, batch_size=4, seed=1, start=3), 4))
    for expected, batch in zip(whole[3:], rest, strict=True):
        assert torch.equal(expected.edge_attr, batch.edge_attr)
    other = next(iter(SystemStream(systems, batch_size=4, seed=2)))
    assert not torch.equal(other.edge_attr, whole[0].edge_attr)


def test_a_pass_sees_no_system_twice():
    systems = generate_systems(12, 2, workers=0)
    batches = islice(SystemStream(systems, batch_size=4, seed=0), 3)
    assert len(torch.cat([b.energy for b in batches]).unique()) == 12


def test_specs_come_back_from_json_and_keys_tell_them_apart():
    one = spec()
    assert SpinRunSpec.from_dict(json.loads(json.dumps(one.to_dict()))) == one
    assert one.key != spec(steps=7).key
    assert one.key.startswith("spin_cnn-local_field+flip-seed0-")


def test_flip_in_a_name_is_an_option_of_the_loss():
    assert make_loss("local_field+flip", {"h0": 0.5}).flip == "min"
    assert make_loss("local_field", {}).flip is None
    assert make_loss("true_energy+flip", {}).flip == "min"


def test_a_run_is_repeatable_and_writes_what_it_returns(folder, tmp_path):
    told = []
    result = train_and_evaluate(
        spec().to_dict(), str(folder), report=lambda *values: told.append(values)
    )
    assert told[-1][:2] == (6, 6)
    assert load_result(folder, spec())["metrics"] == result["metrics"]
    assert result["history"][-1]["step"] == 6
    assert result["metrics"]["excess_energy"] >= result["metrics"]["excess_greedy"] >= -1e-6
    assert not list(folder.rglob("*.ckpt"))
    prepare_data(DATA, tmp_path, workers=0)
    again = train_and_evaluate(spec().to_dict(), str(tmp_path), report=lambda *_: None)
    assert again["metrics"] == result["metrics"]


def test_an_interrupted_run_continues_to_the_same_result(folder, tmp_path):
    prepare_data(DATA, tmp_path, workers=0)
    run = spec(steps=10, loss="target_bond")

    class KilledError(RuntimeError):
        pass

    def dies(step, *_):
        if step == 5:
            raise KilledError

    def report_every_step(self, *_):
        self._started, self._told = 0.0, -1e9

    patch = pytest.MonkeyPatch()
    patch.setattr(SpinHistory, "on_train_batch_start", report_every_step)
    with pytest.raises(KilledError):
        train_and_evaluate(run.to_dict(), str(tmp_path), report=dies)
    patch.undo()
    assert list(tmp_path.rglob("last.ckpt"))
    resumed = train_and_evaluate(run.to_dict(), str(tmp_path), report=lambda *_: None)
    whole = train_and_evaluate(run.to_dict(), str(folder), report=lambda *_: None)
    assert resumed["metrics"] == pytest.approx(whole["metrics"])
    assert [r["step"] for r in resumed["history"]] == [r["step"] for r in whole["history"]]


def test_training_lowers_the_excess_energy(folder):
    run = spec(steps=60, loss="target_bond", learning_rate=1e-2)
    history = train_and_evaluate(run.to_dict(), str(folder), report=lambda *_: None)["history"]
    assert history[-1]["excess"] < 0.8 * history[0]["excess"]


def test_baselines(folder):
    path = folder / "data" / DATA.file_name
    found = evaluate_baselines(str(path), DATA.train, 20, 0, report=lambda *_: None)
    assert list(found) == [
        "random spins",
        "strongest bonds first",
        "simulated annealing, 20 sweeps",
    ]
    annealed = found["simulated annealing, 20 sweeps"]["metrics"]
    tree = found["strongest bonds first"]["metrics"]
    random = found["random spins"]["metrics"]
    assert annealed["excess_energy"] < random["excess_energy"] / 4
    assert tree["excess_energy"] < random["excess_energy"] / 4
    # The bonds of a spanning tree are satisfied.
    assert tree["satisfied"] >= (DATA.size**2 - 1) / (2 * DATA.size * (DATA.size - 1))


def test_data_is_generated_once(folder):
    path = folder / "data" / DATA.file_name
    before = path.stat().st_mtime_ns
    assert prepare_data(DATA, folder, workers=0) == path
    assert path.stat().st_mtime_ns == before
    assert len(SpinSystems.load(path)) == 50


def test_summary_over_seeds():
    results = [
        {"spec": {"model": "m", "loss": "a"}, "metrics": {"excess_energy": value}}
        for value in (1.0, 3.0)
    ]
    (row,) = summarise(results)
    assert row["seeds"] == 2
    assert row["metrics"]["excess_energy"] == {"mean": 2, "sd": pytest.approx(2**0.5)}
    assert summarise(results[:1])[0]["metrics"]["excess_energy"]["sd"] is None


def test_misspelt_names_end_before_anything_runs():
    options = {"seeds": (0,), "steps": 1, "batch_size": 1, "learning_rate": 1e-3, "sweeps": 1}
    good = SpinComparison(data=DATA, models=["spin_cnn"], losses=["local_field+flip"], **options)
    check_names(good)
    assert len(good.specs()) == 1
    bad = SpinComparison(data=DATA, models=["spin_cnn"], losses=["local_feld"], **options)
    with pytest.raises(UnknownNameError, match="local_field"):
        check_names(bad)


@pytest.mark.parametrize("steps", [1, 2, 10, 100])
def test_the_learning_rate_rises_to_its_peak_and_falls_to_nothing(steps):
    module = SpinModule(
        torch.nn.Linear(1, 1),
        make_loss("local_field", {}),
        train=generate_systems(2, 2, workers=0),
        batch_size=1,
        steps=steps,
        learning_rate=0.1,
        seed=0,
        schedule="cosine",
    )
    configured = module.configure_optimizers()
    optimizer, schedule = configured["optimizer"], configured["lr_scheduler"]["scheduler"]
    rates = []
    for _ in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    assert 0 < min(rates) <= max(rates) <= 0.1
    if steps == 100:
        assert max(rates) == pytest.approx(0.1)
        assert rates[-1] < 1e-4


def test_a_schedule_that_does_not_exist():
    with pytest.raises(ValueError, match="`schedule` must be one of constant, cosine"):
        SpinModule(
            torch.nn.Linear(1, 1),
            make_loss("local_field", {}),
            train=generate_systems(2, 2, workers=0),
            batch_size=1,
            steps=1,
            learning_rate=0.1,
            seed=0,
            schedule="linear",
        )
