import sys

import pytest

pytest.importorskip("ase", reason="the plugin builds on ASE")
from pyg_energyloss_ase import calculators
from pyg_energyloss_ase.calculators import calculator_factory


def test_a_missing_tblite_tells_what_to_install(monkeypatch):
    monkeypatch.setattr(calculators.util, "find_spec", lambda _name: None)
    with pytest.raises(ImportError, match=r"needs tblite; .* 'pyg-energyloss\[ase\]'"):
        calculator_factory("gfn2")


def test_a_tblite_that_cannot_be_loaded_is_not_called_missing(monkeypatch):
    monkeypatch.setattr(calculators.util, "find_spec", lambda name: name)
    monkeypatch.setitem(sys.modules, "tblite.ase", None)
    monkeypatch.setitem(sys.modules, "tblite", None)
    with pytest.raises(ImportError, match=r"installed and cannot be loaded together with torch \d"):
        calculator_factory("gfn2")


def test_unknown_names_are_told():
    with pytest.raises(ValueError, match=r"`calculator` must be 'gfn2'.*got 'gfn3'"):
        calculator_factory("gfn3")
