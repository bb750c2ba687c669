"""The factories and callbacks: off by default, never raising, everything put back."""

import logging
import subprocess
import sys

import pytest
import torch
from torch import nn
from torch_geometric.data import Data
from torch_geometric.loader import DataLoader

from pyg_energyloss.hosts import (
    FlatLoss,
    MissingContextError,
    WrongTargetError,
    current_context,
)
from pyg_energyloss.hosts import settings as host_settings

pytest.importorskip("lightning", reason="needs lightning")

import lightning.pytorch as pl
from lightning.fabric import Fabric
from pyg_energyloss_lightning import EnergyLossCallback, FabricEnergyLoss, factories
from pyg_energyloss_lightning.callback import callback_class

FACTORIES = [factories.lightning_pytorch, factories.pytorch_lightning, factories.lightning_fabric]


class Module(pl.LightningModule):
    def __init__(self, error=None):
        super().__init__()
        self.pos = nn.Parameter(torch.zeros(3, 3))
        self.loss_fn = nn.MSELoss()
        self.error = error
        self.seen = []

    def step(self, batch):
        self.seen.append(current_context().source is batch)
        if self.error is not None:
            raise self.error
        return self.loss_fn(self.pos.repeat(batch.num_graphs, 1), batch.pos)

    def training_step(self, batch):
        return self.step(batch)

    def validation_step(self, batch):
        return self.step(batch)

    test_step = predict_step = validation_step

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


@pytest.fixture
def loader():
    generator = torch.Generator().manual_seed(0)
    return DataLoader([Data(pos=torch.randn(3, 3, generator=generator)) for _ in range(4)], 2)


def trainer(*callbacks, **options):
    return pl.Trainer(
        accelerator="cpu", max_epochs=1, logger=False, enable_checkpointing=False,
        enable_progress_bar=False, enable_model_summary=False, callbacks=list(callbacks),
        **options,
    )  # fmt: skip


@pytest.mark.parametrize("factory", FACTORIES)
def test_factories_give_nothing_unless_switched_on(factory):
    assert factory() == []


@pytest.mark.parametrize("factory", FACTORIES)
def test_factories_give_one_callback_when_switched_on(factory, monkeypatch):
    monkeypatch.setenv("PYG_ENERGYLOSS_SWAP", "loss_fn=pair_energy")
    (callback,) = factory()
    package = factory.__name__.replace("_", ".") if factory is FACTORIES[0] else factory.__name__
    if factory is not FACTORIES[2]:
        assert isinstance(callback, __import__(package, fromlist=["Callback"]).Callback)


@pytest.mark.parametrize("factory", FACTORIES)
def test_factories_never_raise(factory, monkeypatch, caplog):
    def broken():
        raise RuntimeError("a bug of ours")

    monkeypatch.setattr(host_settings, "read_settings", broken)
    with caplog.at_level(logging.ERROR, logger="pyg_energyloss"):
        assert factory() == []
    assert "pyg_energyloss changes nothing in this" in caplog.text


def test_a_setting_that_is_not_understood_stops_the_run_not_the_construction(monkeypatch, loader):
    monkeypatch.setenv("PYG_ENERGYLOSS_SWAP", "nonsense")
    unused = trainer()
    with pytest.raises(ValueError, match="PYG_ENERGYLOSS_SWAP must be 'attribute=loss'"):
        unused.fit(Module(), loader)


MISTAKES = {
    '[fields]\nxt = "pos"\n': (ValueError, "`fields` has xt; expected some of alpha"),
    "[fields]\nx_t = 1.0\n": (ValueError, "`fields` must have a path for 'x_t'"),
    "[swap]\nloss_fn = 3\n": (ValueError, "swap.loss_fn must be the name of a loss"),
    "swap = 3\n": (ValueError, "`swap` must be a table"),
    '[swap]\nloss_fn = "pair_enery"\n': (KeyError, "unknown loss 'pair_enery'"),
    '[swap]\nloss_fn = "true_energy"\n': (ValueError, "which scores spins"),
    '[swap.loss_fn]\nloss = "mse"\noptions = {stiff = 1}\n': (TypeError, "stiff"),
    '[swap.loss_fn]\nloss = "mse"\nweight = "heavy"\n': (ValueError, "heavy"),
    '[swap.loss_fn]\nloss = "mse"\nparametrization = "eps"\n': (ValueError, "must be one of x0"),
    '[swap]\nloss_fm = "mse"\n': (ValueError, "nothing called 'loss_fm' to replace; it has: loss"),
    '[swap]\nerror = "mse"\n': (ValueError, "'error' of Module is not a loss but None"),
}


@pytest.mark.parametrize("text", MISTAKES)
def test_every_mistake_in_the_configuration_is_fatal_at_fit(text, tmp_path, monkeypatch, loader):
    (tmp_path / "swap.toml").write_text(text)
    monkeypatch.setenv("PYG_ENERGYLOSS_HOST_CONFIG", str(tmp_path / "swap.toml"))
    error, message = MISTAKES[text]
    run = trainer()
    module = Module()
    with pytest.raises(error, match=message):
        run.fit(module, loader)
    assert isinstance(module.loss_fn, nn.MSELoss)


def test_constants_serve_as_alpha_and_sigma(tmp_path, monkeypatch, loader):
    text = '[fields]\nalpha = 1.0\nsigma = 0.5\nx_t = "pos"\n'
    text += '[swap.loss_fn]\nloss = "pair_energy"\nparametrization = "epsilon"\n'
    (tmp_path / "swap.toml").write_text(text)
    monkeypatch.setenv("PYG_ENERGYLOSS_HOST_CONFIG", str(tmp_path / "swap.toml"))
    module = Module()
    trainer().fit(module, loader)
    assert module.pos.grad is not None


@pytest.mark.parametrize("text", ["nonsense", "loss_fn=pair_enery"])
def test_a_mistake_stops_a_fabric_program_when_it_sets_up_its_module(monkeypatch, text):
    monkeypatch.setenv("PYG_ENERGYLOSS_SWAP", text)
    fabric = Fabric(accelerator="cpu")
    model = nn.Linear(1, 1)
    model.loss_fn = nn.MSELoss()
    with pytest.raises((ValueError, KeyError), match=r"nonsense|pair_enery"):
        fabric.setup(model)


def test_a_swap_that_does_nothing_stops_the_run_after_its_first_step(loader):
    module = Module()
    module.other_loss = nn.MSELoss()
    swap = {"loss_fn": "pair_energy", "other_loss": "mse"}
    training = trainer(EnergyLossCallback(swap=swap))
    with pytest.raises(WrongTargetError, match="'other_loss' was swapped, but never called"):
        training.fit(module, loader)
    assert training.global_step == 1


LOADED = """
import sys
from pyg_energyloss_lightning.factories import lightning_pytorch
assert lightning_pytorch() == []
ours = {"pyg_energyloss", "pyg_energyloss.hosts", "pyg_energyloss.hosts.settings"}
heavy = {"torch", "lightning", "torch_geometric", "pluggy", "numpy"}
print(sorted(n for n in sys.modules if n in heavy))
"""


def test_a_factory_that_is_off_imports_nothing_beyond_the_standard_library():
    found = subprocess.run(
        [sys.executable, "-c", LOADED], capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"


def test_every_stage_has_its_batch_and_the_loss_is_put_back(loader):
    module = Module()
    original = module.loss_fn
    run = trainer(EnergyLossCallback(swap={"loss_fn": "pair_energy"}))
    run.fit(module, loader, loader)
    for stage in (run.validate, run.test, run.predict):
        stage(module, loader)
        assert module.loss_fn is original
    assert len(module.seen) > 6
    assert all(module.seen)
    with pytest.raises(MissingContextError, match="outside of a batch context"):
        current_context()


def test_after_an_error_everything_is_put_back(loader):
    module = Module(error=RuntimeError("boom"))
    original = module.loss_fn
    with pytest.raises(RuntimeError, match="boom"):
        trainer(EnergyLossCallback(swap={"loss_fn": "pair_energy"})).fit(module, loader)
    assert module.loss_fn is original
    with pytest.raises(MissingContextError, match="outside of a batch context"):
        current_context()


def test_a_context_alone_serves_losses_that_are_in_place(loader):
    module = Module()
    module.loss_fn = FlatLoss()
    trainer(EnergyLossCallback()).fit(module, loader)
    module = Module()
    module.loss_fn = FlatLoss()
    with pytest.raises(MissingContextError, match="outside of a batch context"):
        module.loss_fn(torch.zeros(6, 3), torch.ones(6, 3))


def test_checkpoints_have_the_same_keys(loader, tmp_path):
    keys = []
    for callbacks in ([], [EnergyLossCallback(swap={"loss_fn": "pair_energy"})]):
        module = Module() if callbacks else _Plain()
        run = trainer(*callbacks)
        run.fit(module, loader)
        run.save_checkpoint(tmp_path / "x.ckpt")
        saved = torch.load(tmp_path / "x.ckpt", weights_only=True)
        keys.append((sorted(saved), sorted(saved["state_dict"]), saved["callbacks"]))
    assert keys[0] == keys[1]


class _Plain(Module):
    def step(self, batch):
        return self.loss_fn(self.pos.repeat(batch.num_graphs, 1), batch.pos)


def test_a_missing_attribute_is_named(loader):
    with pytest.raises(
        ValueError, match="Module has nothing called 'los' to replace; it has: loss"
    ):
        trainer(EnergyLossCallback(swap={"los": "pair_energy"})).fit(Module(), loader)


def test_wrong_arguments():
    settings = host_settings.HostSettings({"loss_fn": {"loss": "mse"}})
    for make in (EnergyLossCallback, FabricEnergyLoss):
        with pytest.raises(ValueError, match="give `swap` and `fields`, or `settings`, not both"):
            make(swap={"a": "mse"}, settings=settings)
    with pytest.raises(ValueError, match=r"`package` must be one of lightning.pytorch"):
        callback_class("lightning")


def test_a_missing_package_names_the_extra(monkeypatch):
    callback_class.cache_clear()
    monkeypatch.setitem(sys.modules, "pytorch_lightning.callbacks", None)
    with pytest.raises(
        ImportError, match=r"that your program imports, not both: pip install pytorch-lightning"
    ):
        callback_class("pytorch_lightning")


def test_fabric_ends_the_context_at_the_optimizers_step(loader):
    fabric = Fabric(accelerator="cpu", callbacks=[FabricEnergyLoss({"loss_fn": "pair_energy"})])

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.pos = nn.Parameter(torch.randn(3, 3))
            self.loss_fn = nn.MSELoss()

        def forward(self, batch, scale=1.0):
            return scale * self.pos.repeat(batch.num_graphs, 1)

    model = Model()
    wrapped, optimizer = fabric.setup(model, torch.optim.SGD(model.parameters(), lr=0.1))
    batch = next(iter(loader))
    loss = model.loss_fn(wrapped(batch), batch.pos)
    fabric.backward(loss)
    optimizer.step()
    with pytest.raises(MissingContextError, match="outside of a batch context"):
        model.loss_fn(model.pos, model.pos)
    wrapped(batch, scale=2.0)
    assert current_context().source[0] is batch


def test_the_hosts_are_described():
    from pyg_energyloss import registry

    for name in ("fabric", "graphgym", "lightning", "lightning_cli"):
        host = registry.create("host", name)
        assert host.name == name
        module, _, attribute = host.adapter.partition(":")
        assert hasattr(__import__(module, fromlist=[attribute]), attribute)
