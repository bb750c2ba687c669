"""What is said of each framework: complete, and true of what is here."""

import importlib
import json

import pytest

from pyg_energyloss import registry
from pyg_energyloss.cli import main


@pytest.mark.parametrize("name", registry.names("host"))
def test_each_host_has_a_switch_and_an_adapter_that_exists(name):
    host = registry.create("host", name)
    assert host.name == name
    assert host.mechanism
    assert host.checked
    assert host.switch
    assert host.adapter
    if host.plugin == "pyg-energyloss":
        module, _, attribute = host.adapter.partition(":")
        assert callable(getattr(importlib.import_module(module), attribute))


def test_the_command_line_lists_them(capsys):
    assert main(["hosts"]) == 0
    listed = capsys.readouterr().out
    assert "energyloss run --host edm" in listed
    assert main(["hosts", "flowmol"]) == 0
    assert "@flowmol=pair_energy" in capsys.readouterr().out
    assert main(["hosts", "edm", "--json"]) == 0
    (document,) = json.loads(capsys.readouterr().out)
    assert document["adapter"] == "pyg_energyloss.hosts.patches:patch_edm"
    assert main(["hosts", "schnett"]) == 1
    assert "unknown host 'schnett'" in capsys.readouterr().err


def test_one_host_is_told_in_full(capsys):
    assert main(["hosts", "etflow"]) == 0
    said = capsys.readouterr().out
    host = registry.create("host", "etflow")
    for part in (
        host.switch,
        host.tested,
        host.path,
        "parametrization=flow_to_data",
        "x_t=in:network:pos",
        "energyloss export --host etflow DATA DIR",
    ):
        assert part in said
