"""Swaps by import path: in place when the module is imported, undone cleanly, fatal if wrong."""

import logging
import os
import re
import subprocess
import sys
import textwrap

import pytest
import torch
from torch import nn
from torch_geometric.data import Batch, Data

from pyg_energyloss import PairEnergyLoss
from pyg_energyloss.hosts import (
    FlatLoss,
    HostAdapter,
    ImportSwap,
    MissingContextError,
    batch_context,
    settings_of,
)
from pyg_energyloss.hosts.swaps.launch import main
from pyg_energyloss.hosts.swaps.signature import like

#: A program's package: a loss in a module, imported by another, and one inside a method.
HOST = {
    "__init__.py": "",
    "loss.py": """
        def flat_loss(prediction, target, batch=None, reduce="mean"):
            return ((prediction - target) ** 2).mean()

        def odd_loss(prediction, target, gamma):
            return gamma

        FACTOR = 3.0
    """,
    "model.py": """
        import torch
        import torch.nn.functional as F
        from hostpackage.loss import FACTOR, flat_loss, odd_loss

        class Module:
            def step(self, pred, true, batch):
                return flat_loss(pred, true, batch=batch, reduce="mean")

            def score(self, pred, true):
                return F.mse_loss(pred, true)

            def score_types(self, logits, kinds):
                return F.mse_loss(logits, kinds)

            @staticmethod
            def fixed(pred, true):
                return 0.0
    """,
    "main.py": """
        import sys
        import torch
        from hostpackage.model import Module

        batch = torch.tensor([0, 0])
        print(sys.argv[1:], Module().step(3 * torch.eye(2, 3), torch.eye(2, 3), batch).item())
    """,
}


@pytest.fixture
def package(tmp_path, monkeypatch):
    folder = tmp_path / "hostpackage"
    folder.mkdir()
    for name, text in HOST.items():
        (folder / name).write_text(textwrap.dedent(text))
    monkeypatch.syspath_prepend(tmp_path)
    yield folder
    for name in [n for n in sys.modules if n.split(".")[0] == "hostpackage"]:
        del sys.modules[name]


@pytest.fixture
def data():
    generator = torch.Generator().manual_seed(0)
    return Batch.from_data_list(
        [Data(pos=torch.randn(n, 3, generator=generator, dtype=torch.float64)) for n in (3, 5)]
    )


def module_of(package):
    from hostpackage import model

    return model


@pytest.mark.parametrize("imported", [False, True])
def test_a_function_is_swapped_where_a_module_has_imported_it(package, data, caplog, imported):
    if imported:
        module_of(package)
    finders = list(sys.meta_path)
    swap = ImportSwap("hostpackage.model:flat_loss", FlatLoss(), "the test")
    with caplog.at_level(logging.WARNING, logger="pyg_energyloss"):
        swap.install()
        model = module_of(package)
    (record,) = caplog.records
    assert "hostpackage.model:flat_loss: flat_loss -> FlatLoss('pair_en" in record.getMessage()
    pred = 1.1 * data.pos
    value = model.Module().step(pred, data.pos, data.batch)
    assert torch.equal(value, PairEnergyLoss()(pred, data))
    from hostpackage import loss

    assert model.flat_loss is not loss.flat_loss  # the function itself is as it was
    swap.undo()
    assert model.flat_loss is loss.flat_loss
    assert sys.meta_path == finders


def test_a_method_is_swapped_in_its_class(package, data):
    model = module_of(package)
    own = model.Module.__dict__["score"]
    swap = ImportSwap("hostpackage.model:Module.score", FlatLoss())
    swap.install()
    with batch_context(data):
        value = model.Module().score(1.1 * data.pos, data.pos)
    assert torch.equal(value, PairEnergyLoss()(1.1 * data.pos, data))
    swap.undo()
    assert model.Module.__dict__["score"] is own


def test_a_static_method_stays_one(package, data):
    model = module_of(package)
    swap = ImportSwap("hostpackage.model:Module.fixed", FlatLoss())
    swap.install()
    with batch_context(data):
        assert model.Module().fixed(1.1 * data.pos, data.pos) > 0
    swap.undo()
    assert model.Module().fixed(1, 2) == 0.0


def test_a_librarys_function_is_swapped_for_one_module_and_for_positions_only(package, data):
    model = module_of(package)
    swap = ImportSwap("hostpackage.model:F.mse_loss", FlatLoss())
    swap.install()
    pred = 1.1 * data.pos
    with batch_context(data):
        value = model.Module().score(pred, data.pos)
        others = model.Module().score_types(torch.ones(8, 4), torch.zeros(8, 4))
    assert torch.equal(value, PairEnergyLoss()(pred, data))
    assert others == 1
    # The library itself is as it was for everybody else.
    assert torch.equal(nn.functional.mse_loss(pred, data.pos), (pred - data.pos).square().mean())
    assert model.F.relu is nn.functional.relu
    swap.undo()
    assert model.F is nn.functional


def test_what_the_host_passes_reaches_the_loss(data):
    def theirs(prediction, target, mask=None, weights=None, reduction="mean"): ...

    stand_in = like(theirs, FlatLoss(), "theirs", bound=False)
    pred = 1.1 * data.pos
    with batch_context(data):
        expected = PairEnergyLoss(reduction="none")(pred, data)
        found = stand_in(pred, target=data.pos, weights=torch.tensor([2.0, 0.0]))
        assert torch.allclose(found, expected[0])
        elements = stand_in(pred, data.pos, reduction="none")
    assert torch.equal(elements, expected[data.batch, None].expand(-1, 3))
    assert stand_in.__name__ == "theirs"


WRONG = {
    "hostpackage.model:flat_los": (
        r"swap .*hostpackage.model has nothing called 'flat_los' to replace; it has: flat_loss, odd"
    ),
    "hostpackage.model:Module.scor": r"its 'Module' \(type\) has",
    "hostpackage.modle:flat_loss": r"there is no module 'hostpackage.modle'; of 'hostpackage' are",
    "hostpackages.model:flat_loss": r"nor a package 'hostpackages' on the path of this program",
    "hostpackage.model:odd_loss": r"expected \(pred, target\) .* nothing is known of gamma",
    "hostpackage.model:FACTOR": r"names 3.0, which is no function",
    "hostpackage.model:Module": r"names a class; name its method, such as 'hostpackage.model:Modu",
    "hostpackage.model:torch.nn.functional.mse_loss": r"which other programs share; only a name",
    "hostpackage.model:": r"must be 'package.module:function'",
}


@pytest.mark.parametrize("path", WRONG)
def test_a_path_that_does_not_fit_is_fatal_and_says_the_remedy(package, path):
    model = module_of(package)
    before = dict(vars(model))
    with pytest.raises(ValueError, match=WRONG[path]):
        ImportSwap(path, FlatLoss()).install()
    assert dict(vars(model)) == before


def test_a_path_that_does_not_fit_stops_a_later_import(package):
    swap = ImportSwap("hostpackage.model:flat_los", FlatLoss())
    swap.install()
    with pytest.raises(ValueError, match="nothing called 'flat_los'"):
        module_of(package)
    swap.undo()
    assert module_of(package).flat_loss


def test_an_adapter_swaps_by_import_path_and_by_attribute(package, data):
    model = module_of(package)

    class Host(nn.Module):
        def __init__(self):
            super().__init__()
            self.loss_fn = nn.MSELoss()

    host = Host()
    adapter = HostAdapter(
        settings_of({"loss_fn": "mse", "hostpackage.model:Module.score": "pair_energy"}, None)
    )
    adapter.attach(host)
    adapter.enter(data)
    assert model.Module().score(1.1 * data.pos, data.pos) > 0
    adapter.leave()
    with pytest.raises(MissingContextError, match="outside of a batch context"):
        model.Module().score(data.pos, data.pos)
    adapter.detach()
    assert model.Module().score(data.pos, data.pos) == 0
    with pytest.raises(ValueError, match="nothing called 'flat_los'"):
        HostAdapter(
            settings_of({"loss_fn": "mse", "hostpackage.model:flat_los": "mse"}, None)
        ).attach(host)
    assert isinstance(host.loss_fn, nn.MSELoss)


def test_a_known_host_stands_for_its_path_options_and_fields():
    adapter = HostAdapter(
        settings_of({"@etflow": {"loss": "kabsch", "weight": 2.0}}, {"alpha": 0.5})
    )
    (path,) = adapter.settings.swap
    assert path == "etflow.models.model:batchwise_l2_loss"
    swap = adapter.settings.swap[path]
    assert (swap["loss"], swap["weight"], swap["parametrization"]) == (
        "kabsch",
        2.0,
        "flow_to_data",
    )
    assert adapter.settings.fields["x_t"] == "in:network:pos"
    assert adapter.settings.fields["alpha"] == 0.5
    with pytest.raises(ValueError, match="'@edm': edm is switched on by another line: energyloss"):
        HostAdapter(settings_of({"@edm": "mse"}, None))
    with pytest.raises(KeyError, match="unknown host 'etflo'"):
        HostAdapter(settings_of({"@etflo": "mse"}, None))


def run(package, *command, **environment):
    found = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=package.parent, capture_output=True, text=True, check=False,
        env={**os.environ, **environment},
    )  # fmt: skip
    assert found.returncode == 0, found.stderr
    return found


def test_a_launched_program_trains_on_the_swapped_function(package):
    swap = "hostpackage.model:flat_loss=pair_energy?stiffness=constant&normalize=null"
    command = ("pyg_energyloss.hosts", "-m", "hostpackage.main", "--epochs", "3")
    found = run(package, *command, PYG_ENERGYLOSS_SWAP=swap)
    # Two atoms, 3 * sqrt(2) instead of sqrt(2) apart: both directions, k / 2 (2 sqrt(2))^2 each.
    assert found.stdout.startswith("['--epochs', '3'] ")
    assert float(found.stdout.split()[-1]) == pytest.approx(8.0)
    assert "hostpackage.model:flat_loss: flat_loss -> FlatLoss('pair_energy'" in found.stderr
    assert "switched on by PYG_ENERGYLOSS_SWAP" in found.stderr


@pytest.mark.parametrize(
    ("swap", "message"),
    [
        ("hostpackage.model:flat_los=pair_energy", "nothing called 'flat_los'"),
        ("hostpackage.model:flat_loss=pair_enery", "unknown loss 'pair_enery'"),
        ("hostpackage.model:flat_loss=mse?stiff=1", "stiff"),
        ("loss_fn=pair_energy", "loss_fn name attributes of a module"),
        ("", "nothing is swapped: set PYG_ENERGYLOSS_SWAP="),
    ],
)
def test_a_launched_program_does_not_start_when_the_line_is_wrong(
    package, monkeypatch, capsys, swap, message
):
    monkeypatch.chdir(package.parent)
    monkeypatch.setenv("PYG_ENERGYLOSS_SWAP", swap)
    monkeypatch.setattr(sys, "argv", [])
    monkeypatch.setattr(sys, "path", [*sys.path])
    finders = list(sys.meta_path)
    with pytest.raises((ValueError, KeyError, TypeError), match=re.escape(message)):
        main(["-m", "hostpackage.main"])
    assert capsys.readouterr().out == ""
    assert sys.meta_path == finders


def test_without_a_launcher_nothing_is_swapped(package):
    swap = "hostpackage.model:flat_loss=pair_energy"
    found = run(package, "hostpackage.main", PYG_ENERGYLOSS_SWAP=swap)
    assert float(found.stdout.split()[-1]) == pytest.approx(4 / 3)
    assert found.stderr == ""


#: A program of one file that scores systems of two points: no batch says which is which.
SCRIPT = """
import torch
import torch.nn.functional as F
from torch import nn

criterion = nn.MSELoss()

def train():
    true = torch.eye(4, 3)
    return criterion(2 * true, true)

if __name__ == "__main__":
    print(float(train()))
"""
LINE = "__main__:criterion=pair_energy?stiffness=constant&normalize=null"


@pytest.fixture
def script(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", [])
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    path = tmp_path / "train.py"
    path.write_text(SCRIPT)
    return path


def test_a_loss_that_the_script_itself_makes_is_swapped(script, monkeypatch, capsys):
    monkeypatch.setenv("PYG_ENERGYLOSS_SWAP", f"{LINE}&nodes=2&keep=4")
    main([str(script)])
    # The first pair is sqrt(2) too long, 2 * 1/2 * 2; the second 1, 2 * 1/2; its own MSE is 1/4.
    assert float(capsys.readouterr().out) == pytest.approx((2.0 + 1.0) / 2 + 4 * 0.25)


@pytest.mark.parametrize(
    ("swap", "message"),
    [
        (f"{LINE}&nodes=3", "`nodes` must be the number of nodes of each graph, got 3"),
        (LINE, "nothing says which node belongs to which graph"),
        (
            LINE.replace("criterion", "criterium"),
            "makes nothing called 'criterium'; it makes: crit",
        ),
        (LINE.replace("criterion", "train"), "expected (pred, target)"),
    ],
)
def test_a_mistake_in_the_line_of_a_script_stops_it(script, monkeypatch, capsys, swap, message):
    monkeypatch.setenv("PYG_ENERGYLOSS_SWAP", swap)
    with pytest.raises(ValueError, match=re.escape(message)):
        main([str(script)])
    assert capsys.readouterr().out == ""


def test_what_a_script_makes_is_not_to_be_had_when_it_runs_as_a_module(package, monkeypatch):
    monkeypatch.chdir(package.parent)
    monkeypatch.setattr(sys, "argv", [])
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setenv("PYG_ENERGYLOSS_SWAP", "__main__:batch=mse")
    with pytest.raises(ValueError, match="run as a module; run its file instead"):
        main(["-m", "hostpackage.main"])
