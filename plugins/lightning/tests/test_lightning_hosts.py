"""Hosts whose source nobody touched, trained before and after one line of configuration."""

from pathlib import Path

import pytest

from pyg_energyloss.hosts import MissingContextError

pytest.importorskip("lightning", reason="needs lightning")

HOSTS = Path(__file__).parent / "hosts"
SWAP = "loss_fn=pair_energy"
GRAPHGYM = str(HOSTS / "graphgym.yaml")


def test_a_program_in_a_process_of_its_own(run_process):
    after, output = run_process("structure_host.py", PYG_ENERGYLOSS_SWAP=SWAP)
    assert after["distance_error"] < 0.02
    assert "callbacks: ['EnergyLossCallback']" in output


@pytest.mark.parametrize("package", ["lightning.pytorch", "pytorch_lightning"])
def test_a_trainer_learns_structures_once_the_loss_is_swapped(run_host, package):
    pytest.importorskip(package.split(".", maxsplit=1)[0])
    before, plain = run_host("structure_host.py", "--package", package)
    after, output = run_host("structure_host.py", "--package", package, PYG_ENERGYLOSS_SWAP=SWAP)
    assert before["distance_error"] > 0.3
    assert after["distance_error"] < 0.02
    assert "callbacks: []" in plain
    assert "EnergyLossCallback" in output
    assert output.count("Predictor.loss_fn: MSELoss() -> FlatLoss('pair_energy'") == 1
    # After the run everything is as it was, also what the model prints of itself.
    assert "(loss_fn): MSELoss()" in output


def test_pyproject_of_the_working_directory_switches_it_on(run_host, tmp_path):
    (tmp_path / "pyproject.toml").write_text(
        '[tool.pyg_energyloss.host.swap]\nloss_fn = { loss = "pair_energy", weight = 0.5 }\n'
    )
    after, output = run_host("structure_host.py")
    assert after["distance_error"] < 0.02
    assert f"weight=0.5) (switched on by {tmp_path / 'pyproject.toml'})" in output


FIELDS = """
[fields]
batch = "mol.batch"
x_t = "in:net:0"
alpha = "out:schedule:alpha"
sigma = "out:schedule:sigma"
[swap.criterion]
loss = "pair_energy"
parametrization = "{}"
"""


def test_x0_epsilon_and_velocity_hosts_give_the_same_value(run_host, tmp_path):
    values = {}
    for predicts in ("x0", "epsilon", "velocity"):
        config = tmp_path / f"{predicts}.toml"
        config.write_text(FIELDS.format(predicts))
        found, _ = run_host(
            "noise_host.py", "--predicts", predicts, PYG_ENERGYLOSS_HOST_CONFIG=str(config)
        )
        assert found["criterion"] == "mse_loss"  # put back
        values[predicts] = found["loss"]
    assert values["x0"] > 1e-4
    assert values["epsilon"] == pytest.approx(values["x0"], rel=1e-4)
    assert values["velocity"] == pytest.approx(values["x0"], rel=1e-4)


def test_a_host_that_does_not_say_which_node_is_where_gets_an_error(run_host):
    remedy = r"`batch` is needed .* say where it is with fields=\{'batch': ...\}"
    with pytest.raises(MissingContextError, match=remedy):
        run_host("noise_host.py", PYG_ENERGYLOSS_SWAP="criterion=pair_energy")


def test_a_fabric_program_learns_structures_once_the_loss_is_swapped(run_host):
    before, _ = run_host("fabric_host.py")
    after, output = run_host("fabric_host.py", PYG_ENERGYLOSS_SWAP=SWAP)
    assert before["distance_error"] > 0.3
    assert after["distance_error"] < 0.01
    assert output.count("Model.loss_fn: MSELoss() -> FlatLoss('pair_energy'") == 1


def test_graphgym_trains_with_a_loss_named_in_its_configuration(run_process):
    loss = "pyg-energyloss:pair_energy?stiffness=constant"
    after, _ = run_process("graphgym_host.py", GRAPHGYM, "model.loss_fun", loss)
    assert after["distance_error"] < 0.3


@pytest.mark.slow
def test_graphgym_without_us_does_not_learn(run_process):
    before, _ = run_process("graphgym_host.py", GRAPHGYM)
    assert before["distance_error"] > 0.8


CALLBACK = "--trainer.callbacks+=pyg_energyloss_lightning.EnergyLossCallback"


@pytest.mark.parametrize(
    "arguments",
    [
        ["--model.loss=pyg_energyloss.hosts.FlatLoss", CALLBACK],
        [
            "--model.loss=pyg_energyloss.hosts.FlatLoss",
            "--model.loss.loss=pair_energy",
            "--model.loss.options={stiffness: inverse}",
            CALLBACK,
        ],
        ["--model.loss=pyg_energyloss.PairEnergyLoss", "--model.with_batch=true"],
        [CALLBACK, "--trainer.callbacks.swap={loss: pair_energy}"],
    ],
)
def test_lightning_cli_takes_losses_by_class_path(run_host, arguments):
    pytest.importorskip("jsonargparse", reason="LightningCLI needs jsonargparse")
    after, _ = run_host("cli_host.py", "fit", "--config", str(HOSTS / "cli.yaml"), *arguments)
    assert after["distance_error"] < 0.02


def test_lightning_cli_without_us_does_not_learn(run_host):
    pytest.importorskip("jsonargparse", reason="LightningCLI needs jsonargparse")
    before, _ = run_host("cli_host.py", "fit", "--config", str(HOSTS / "cli.yaml"))
    assert before["distance_error"] > 0.3
