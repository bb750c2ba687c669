import pytest

from pyg_energyloss import registry
from pyg_energyloss.cli.compare import available_evaluators


def test_an_evaluator_that_cannot_be_loaded_is_left_out_and_named(monkeypatch, capsys):
    if "gfn2" not in registry.names("evaluator"):
        pytest.skip("pyg-energyloss-ase is not installed")

    def create(kind, name, **options):
        raise ImportError("no such library")

    monkeypatch.setattr(registry, "create", create)
    assert set(available_evaluators(16, 14.0)) == {"geometry", "distances", "rmsd", "acceptable"}
    assert "xTB energies are left out: no such library" in capsys.readouterr().err


def test_a_missing_plugin_is_named(monkeypatch, capsys):
    monkeypatch.setattr(registry, "names", lambda _kind: ["geometry", "rmsd"])
    assert set(available_evaluators(16, 14.0)) == {"geometry", "distances", "rmsd", "acceptable"}
    assert "xTB energies are left out: pip install pyg-energyloss-ase" in capsys.readouterr().err
