"""Swapping attributes, capturing what submodules see, settings from three places."""

import json
import logging

import pytest
import torch
from torch import nn
from torch_geometric.data import Batch, Data

from pyg_energyloss import PairEnergyLoss
from pyg_energyloss.hosts import (
    FlatLoss,
    HostAdapter,
    HostSettings,
    MissingContextError,
    WrongTargetError,
    current_context,
    parse_swaps,
    read_settings,
    settings_of,
)
from pyg_energyloss.hosts.swaps.paths import MISSING, lookup, replace


class Inner(nn.Module):
    def __init__(self):
        super().__init__()
        self.criterion = nn.functional.mse_loss
        self.scale = nn.Parameter(torch.ones(1))

    def forward(self, x, t=None):
        return {"pos": x * self.scale, "alpha": t}


class Host(nn.Module):
    table_loss = {"pos": nn.L1Loss()}  # noqa: RUF012 - hosts do this

    def __init__(self):
        super().__init__()
        self.loss_fn = nn.MSELoss()
        self.net = Inner()
        self.losses = nn.ModuleDict({"pos": nn.MSELoss()})
        self.pair = [nn.MSELoss()]

    @property
    def fixed_loss(self):
        return self.loss_fn

    def compute_loss(self, pred, true):
        return (pred - true).abs().mean()


PATHS = ["loss_fn", "net.criterion", "losses.pos", "compute_loss", "table_loss.pos", "pair.0"]


@pytest.fixture
def batch():
    return Batch.from_data_list([Data(pos=torch.randn(n, 3)) for n in (2, 4)])


@pytest.mark.parametrize("path", PATHS)
def test_everything_is_put_back_as_it_was(path, batch):
    host = Host()
    before = (dict(host.__dict__), list(host.state_dict()), str(host))
    original = lookup(host, path)
    adapter = HostAdapter(settings_of({path: "pair_energy"}, None))
    adapter.attach(host)
    assert isinstance(lookup(host, path), FlatLoss)
    assert list(host.state_dict()) == before[1]
    adapter.enter(batch)
    assert lookup(host, path)(batch.pos + torch.eye(3)[0], batch.pos) < 1e-8
    adapter.detach()
    restored = lookup(host, path)
    assert restored is original or restored == original
    assert set(host.__dict__) == set(before[0])
    assert str(host) == before[2]


def test_losses_called_outside_of_a_step_raise(batch):
    host = Host()
    adapter = HostAdapter(settings_of({"loss_fn": "pair_energy"}, None))
    adapter.attach(host)
    adapter.enter(batch)
    host.loss_fn(batch.pos, batch.pos)
    adapter.leave()
    with pytest.raises(MissingContextError, match="outside of a batch context"):
        host.loss_fn(batch.pos, batch.pos)


def test_it_says_once_what_it_changed(caplog):
    host = Host()
    adapter = HostAdapter(settings_of({"loss_fn": "kabsch"}, None, "the test"))
    with caplog.at_level(logging.INFO, logger="pyg_energyloss"):
        adapter.attach(host)
        adapter.attach(host)
    (record,) = caplog.records
    assert "Host.loss_fn: MSELoss() -> FlatLoss('kabsch'" in record.getMessage()
    assert "switched on by the test" in record.getMessage()


def test_a_failed_attachment_leaves_the_host_as_it_was():
    host = Host()
    adapter = HostAdapter(settings_of({"loss_fn": "kabsch", "no.such": "mse"}, None))
    with pytest.raises(ValueError, match=r"Host has nothing called 'no.such' to replace; it has: "):
        adapter.attach(host)
    assert isinstance(host.loss_fn, nn.MSELoss)
    assert not adapter.attached


def test_candidates_are_named_and_properties_are_refused():
    with pytest.raises(ValueError, match="it has: compute_loss, fixed_loss, loss_fn, losses"):
        replace(Host(), "loss", None)
    with pytest.raises(ValueError, match="'fixed_loss' of Host cannot be set, it is a property"):
        replace(Host(), "fixed_loss", None)
    with pytest.raises(ValueError, match="it has: no loss-like attribute"):
        replace(Inner().scale, "x", None)


def test_a_typo_in_a_nested_path_lists_what_there_is_at_that_depth():
    for path, message in {
        "net.critrion": r"'net.critrion' to replace; its 'net' \(Inner\) has: criterion$",
        "losses.position": r"its 'losses' \(ModuleDict\) has: pos$",
        "table_loss.x": r"its 'table_loss' \(dict\) has: pos$",
        "pair.3": r"its 'pair' \(list\) has: 0$",
        "nett.criterion": r"; it has: compute_loss, fixed_loss, .*net",
    }.items():
        with pytest.raises(ValueError, match=message):
            HostAdapter(settings_of({path: "pair_energy"}, None)).attach(Host())


def test_what_cannot_be_a_loss_is_refused():
    host = Host()
    host.loss_weight = 0.5
    with pytest.raises(ValueError, match=r"'loss_weight' of Host is not a loss but 0.5; name what"):
        HostAdapter(settings_of({"loss_weight": "mse"}, None)).attach(host)


@pytest.mark.parametrize("path", ["xt", "x_t"])
def test_constants_are_for_alpha_and_sigma_only(path):
    with pytest.raises(ValueError, match=r"`fields` (has xt|must have a path for 'x_t')"):
        HostAdapter(HostSettings({}, {path: 1.0}))
    adapter = HostAdapter(HostSettings({}, {"alpha": 1.0, "sigma": 0.5}))
    adapter.enter({})
    assert (current_context().get("alpha"), current_context().get("sigma")) == (1.0, 0.5)
    adapter.leave()


class Late(nn.Module):
    """Makes its losses in the first forward pass, and one of them again in each epoch."""

    def __init__(self):
        super().__init__()
        self.epoch_loss = nn.L1Loss()

    def configure(self):
        self.loss_fns = {"x": nn.MSELoss(reduction="none"), "a": nn.MSELoss()}

    def start_epoch(self):
        self.epoch_loss = nn.L1Loss()

    def forward(self, pred, target):
        if not hasattr(self, "loss_fns"):
            self.configure()
        return self.loss_fns["x"](pred, target)


def test_a_loss_made_in_the_first_forward_pass_is_swapped_there(batch, caplog):
    host = Late()
    adapter = HostAdapter(settings_of({"loss_fns.x": "pair_energy"}, None))
    with caplog.at_level(logging.WARNING, logger="pyg_energyloss"):
        adapter.attach(host)
    assert "Late.loss_fns.x is made by configure(), and swapped then" in caplog.text
    adapter.enter(batch)
    values = host(1.1 * batch.pos, batch.pos)
    assert isinstance(host.loss_fns["x"], FlatLoss)
    # The host's own was one without reduction: it gets the value of its graph at each element.
    expected = PairEnergyLoss(reduction="none")(1.1 * batch.pos, batch)
    assert torch.allclose(values, expected[batch.batch, None].expand(-1, 3))
    adapter.detach()
    assert isinstance(host.loss_fns["x"], nn.MSELoss)
    assert "configure" not in vars(host)


def test_a_loss_that_is_made_again_is_swapped_again():
    host = Late()
    adapter = HostAdapter(settings_of({"epoch_loss": "mse"}, None))
    adapter.attach(host)
    for _ in range(2):
        host.start_epoch()
        assert isinstance(host.epoch_loss, FlatLoss)
    adapter.detach()
    assert isinstance(host.epoch_loss, nn.L1Loss)


def test_a_typo_below_a_late_attribute_stops_the_first_forward_pass(batch):
    host = Late()
    adapter = HostAdapter(settings_of({"loss_fns.pos": "mse"}, None))
    adapter.attach(host)
    with pytest.raises(ValueError, match=r"its 'loss_fns' \(dict\) has: a, x$"):
        host(batch.pos, batch.pos)
    with pytest.raises(ValueError, match=r"Late has nothing called 'loss_fnz.x' to replace"):
        HostAdapter(settings_of({"loss_fnz.x": "mse"}, None)).attach(Late())


def attached(host, swap, batch):
    adapter = HostAdapter(settings_of(swap, None))
    adapter.attach(host)
    adapter.enter(batch)
    return adapter


def test_a_swap_that_takes_no_part_in_the_first_step_stops_it(batch):
    host = Host()
    adapter = attached(host, {"loss_fn": "mse", "net.criterion": "mse"}, batch)
    host.loss_fn(batch.pos, batch.pos)
    with pytest.raises(WrongTargetError, match=r"'net.criterion' was swapped, but never .* Name"):
        adapter.trained()
    adapter.trained()  # a program that goes on all the same is told once


def test_a_swap_that_takes_part_only_now_and_then_may_go_on_after_a_warning(batch, caplog):
    host = Host()
    adapter = attached(host, {"loss_fn": {"loss": "mse", "check": "warn"}}, batch)
    caplog.clear()
    with caplog.at_level(logging.WARNING, logger="pyg_energyloss"):
        adapter.trained()
    assert "'loss_fn' was swapped, but never called" in caplog.text
    with pytest.raises(ValueError, match="`check` must be 'stop' or 'warn', got 'no'"):
        FlatLoss(check="no")


def test_a_target_that_is_not_the_positions_stops_the_first_call(batch):
    host = Host()
    attached(host, {"loss_fn": "mse"}, batch)
    noise = torch.randn(batch.pos.shape, generator=torch.Generator().manual_seed(0))
    with pytest.raises(WrongTargetError, match=r"predicts noise .* `parametrization`.*check=warn"):
        host.loss_fn(batch.pos, noise)
    types = torch.ones(len(batch.pos), 5)
    host = Host()
    attached(host, {"loss_fn": "mse"}, batch)
    with pytest.raises(WrongTargetError, match=r"shape \(6, 5\), the batch's positions .*\(6, 3\)"):
        host.loss_fn(types, types)


def test_a_target_that_is_turned_moved_or_in_another_unit_is_the_positions(batch):
    host = Host()
    attached(host, {"loss_fn": "mse"}, batch)
    turn = torch.linalg.qr(torch.randn(3, 3, generator=torch.Generator().manual_seed(0)))[0]
    host.loss_fn(batch.pos, 0.1 * batch.pos @ turn + 3.0)


def test_the_hosts_own_loss_may_be_kept_beside_ours(batch):
    host = Host()
    pred = batch.pos + torch.arange(18.0).reshape(6, 3)
    own = host.loss_fn(pred, batch.pos)
    attached(host, {"loss_fn": {"loss": "kabsch"}}, batch)
    ours = host.loss_fn(pred, batch.pos)
    host = Host()
    attached(host, {"loss_fn": {"loss": "kabsch", "keep": 0.5}}, batch)
    assert torch.allclose(host.loss_fn(pred, batch.pos), ours + 0.5 * own)


def test_the_context_of_the_step_before_stays_whole(batch):
    host = Host()
    adapter = HostAdapter(settings_of(None, {"x_t": "in:net:0"}))
    adapter.attach(host)
    adapter.enter(batch)
    host.net(batch.pos)
    before = current_context()
    adapter.leave()
    assert before.get("x_t") is batch.pos  # a backward pass may still need it
    adapter.detach()


def test_submodule_inputs_and_outputs_are_captured(batch):
    host = Host()
    fields = {"x_t": "in:net:0", "sigma": "in:net:t", "alpha": "out:net:alpha"}
    adapter = HostAdapter(settings_of(None, fields))
    adapter.attach(host)
    adapter.enter(batch)
    host.net(batch.pos, t=0.5)
    context = current_context()
    assert context.get("x_t") is batch.pos
    assert (context.get("sigma"), context.get("alpha")) == (0.5, 0.5)
    adapter.enter(batch)
    assert current_context().get("x_t") is None  # of the batch before
    adapter.detach()
    adapter.enter(batch)
    host.net(batch.pos)
    assert current_context().get("x_t") is None
    adapter.leave()


def test_a_mask_of_padding_is_turned_round(batch):
    host = Host()
    for path in ("not:in:net:t", "not:padding"):
        adapter = HostAdapter(settings_of(None, {"mask": path}))
        adapter.attach(host)
        adapter.enter({"padding": torch.tensor([[0, 1]])})
        host.net(batch.pos, t=torch.tensor([[0, 1]]))
        assert current_context().get("mask").tolist() == [[True, False]]
        adapter.detach()


def test_captures_of_parts_of_arguments(batch):
    host = Host()
    fields = {"x_t": "in:net:0.pos", "alpha": "out:net", "sigma": "in:net:5"}
    adapter = HostAdapter(settings_of(None, fields))
    adapter.attach(host)
    adapter.enter(None)
    with pytest.raises(TypeError):
        host.net({"pos": batch.pos})
    assert current_context().get("x_t") is batch.pos
    assert current_context().get("sigma") is None
    adapter.detach()


@pytest.mark.parametrize("path", ["in:net", "in::0", "in:", "out:"])
def test_captures_must_be_complete(path):
    with pytest.raises(ValueError, match=r"`fields` must have 'in:SUBMODULE:ARGUMENT' or"):
        HostAdapter(settings_of(None, {"x_t": path})).attach(Host())


def test_captures_name_the_submodules_there_are():
    with pytest.raises(ValueError, match=r"'nett' for 'x_t', which Host has not; it has: loss"):
        HostAdapter(settings_of(None, {"x_t": "in:nett:0"})).attach(Host())
    with pytest.raises(ValueError, match="`fields` has x0; expected some of"):
        HostAdapter(settings_of(None, {"x0": "pos"}))


def test_lookup_gives_missing_for_what_is_not_there():
    class Bad:
        @property
        def pos(self):
            raise RuntimeError("not yet")

    for root, path in [({}, "a"), ((1,), "3"), (Bad(), "pos"), (None, "x.y"), ("text", "0")]:
        assert lookup(root, path) is MISSING
    assert repr(MISSING) == "MISSING"


@pytest.fixture
def clean(monkeypatch, tmp_path):
    monkeypatch.delenv("PYG_ENERGYLOSS_SWAP", raising=False)
    monkeypatch.delenv("PYG_ENERGYLOSS_HOST_CONFIG", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_nothing_is_switched_on_by_default(clean):
    assert read_settings() is None
    (clean / "pyproject.toml").write_text("[tool.other]\nx = 1\n")
    assert read_settings() is None
    (clean / "pyproject.toml").write_text("this is not toml [")
    assert read_settings() is None


def test_the_variable_wins_over_the_file_over_pyproject(clean, monkeypatch):
    (clean / "pyproject.toml").write_text(
        '[tool.pyg_energyloss.host.swap]\nloss_fn = "mse"\n'
        '[tool.pyg_energyloss.host.fields]\nbatch = "from_pyproject"\n'
    )
    (clean / "sub").mkdir()
    monkeypatch.chdir(clean / "sub")
    found = read_settings()
    assert found.swap == {"loss_fn": {"loss": "mse"}}
    assert found.fields == {"batch": "from_pyproject"}
    assert found.origin.endswith("pyproject.toml")

    own = clean / "own.toml"
    own.write_text('[swap.criterion]\nloss = "kabsch"\nweight = 2.0\n[fields]\nbatch = "b"\n')
    monkeypatch.setenv("PYG_ENERGYLOSS_HOST_CONFIG", str(own))
    assert read_settings().swap == {"criterion": {"loss": "kabsch", "weight": 2.0}}

    monkeypatch.setenv("PYG_ENERGYLOSS_SWAP", "loss_fn=pair_energy")
    found = read_settings()
    assert found == HostSettings(
        {"loss_fn": {"loss": "pair_energy"}}, {"batch": "b"}, "PYG_ENERGYLOSS_SWAP"
    )
    monkeypatch.setenv("PYG_ENERGYLOSS_SWAP", " ")
    assert read_settings() is None


def test_json_files_and_sections_of_other_files(clean, monkeypatch):
    path = clean / "x.json"
    path.write_text(json.dumps({"swap": {"loss_fn": "mse"}}))
    monkeypatch.setenv("PYG_ENERGYLOSS_HOST_CONFIG", str(path))
    assert read_settings().swap == {"loss_fn": {"loss": "mse"}}
    other = clean / "other.toml"
    other.write_text('[tool.pyg_energyloss.host.swap]\nloss_fn = "mae"\n')
    monkeypatch.setenv("PYG_ENERGYLOSS_HOST_CONFIG", str(other))
    assert read_settings().swap == {"loss_fn": {"loss": "mae"}}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("swap = [", "is not valid .toml"),
        ("swap = 3\n", "`swap` must be a table attribute -> loss, got 3"),
        ("[swap]\na = 3\n", "swap.a must be the name of a loss, or a table with loss, options"),
        ("fields = 3\n", "`fields` must be a table of paths, got 3"),
        ('[swap.a]\nloss = "mse"\noptions = 3\n', "swap.a.options must be a table, such as"),
        ("[swop]\n", "has swop; expected `swap` and `fields`"),
        ('[swap.a]\nlos = "mse"\n', r"swap.a has los; expected loss, options, check, keep"),
    ],
)
def test_wrong_files_are_named(clean, monkeypatch, text, message):
    path = clean / "wrong.toml"
    path.write_text(text)
    monkeypatch.setenv("PYG_ENERGYLOSS_HOST_CONFIG", str(path))
    with pytest.raises(ValueError, match=f"wrong.toml.*{message}"):
        read_settings()
    path.unlink()
    with pytest.raises(FileNotFoundError, match=r"wrong.toml"):
        read_settings()


def test_swaps_on_one_line():
    line = "a.b=pair_energy?parametrization=epsilon&normalize=null&stiffness=inverse; c = mse"
    assert parse_swaps(line) == {
        "a.b": {
            "loss": "pair_energy",
            "parametrization": "epsilon",
            "options": {"normalize": None, "stiffness": "inverse"},
        },
        "c": {"loss": "mse"},
    }


@pytest.mark.parametrize("text", ["loss_fn", "=mse", "loss_fn=", "1"])
def test_swaps_need_both_sides(text):
    with pytest.raises(ValueError, match="PYG_ENERGYLOSS_SWAP must be 'attribute=loss'"):
        parse_swaps(text)


def test_options_need_values():
    with pytest.raises(ValueError, match="PYG_ENERGYLOSS_SWAP has options 'weight'"):
        parse_swaps("loss_fn=mse?weight")


def test_what_else_the_host_asks_its_loss_for_comes_from_the_old_one():
    host = Host()
    adapter = HostAdapter(settings_of({"loss_fn": "pair_energy"}, None))
    adapter.attach(host)
    host.loss_fn.__dict__["replaced"].compute = lambda: 7.0
    assert host.loss_fn.compute() == 7.0
    assert host.loss_fn.reduction == "mean"  # its own
    assert "replaced" not in dict(host.named_modules())
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = host.loss_fn.nothing
    with pytest.raises(AttributeError, match="no attribute 'compute'"):
        _ = FlatLoss().compute
